import warnings

import numpy as np
import pytest
import torch
from torch import nn


def test_numpy_interop(run):
    names = run("tensors/memory/numpy_interop.py")
    array, shared, copied = names["array"], names["shared"], names["copied"]
    # "shares memory with the array: a change to one changes both"
    assert shared[0, 0] == array[0, 0] == 100
    shared[1, 1] = -1
    assert array[1, 1] == -1
    # "torch.tensor always copies"
    assert copied.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert array.dtype == np.float64
    assert shared.dtype == copied.dtype == torch.float64
    assert names["inputs"].dtype == torch.float32 and names["inputs"][0, 0] == 100
    flipped = names["flipped"]
    assert flipped.tolist() == [[3, 2, 100], [6, 5, 4]]


def test_numpy_interop_negative_strides(run):
    array = run("tensors/memory/numpy_interop.py")["array"]
    for convert in (torch.from_numpy, torch.tensor):
        with pytest.raises(ValueError, match="negative"):
            convert(array[:, ::-1])


def test_numpy_interop_dtypes():
    doubles = np.linspace(0, 1, 6).reshape(2, 3)
    layer = nn.Linear(3, 1)
    assert doubles.dtype == np.float64 and layer.weight.dtype == torch.float32
    with pytest.raises(RuntimeError, match="dtype"):
        layer(torch.from_numpy(doubles))
    layer(torch.tensor(doubles, dtype=torch.float32))
    assert torch.from_numpy(np.array([16777217])).float().int().item() == 16777216


def test_numpy_interop_float_copies_only_sometimes():
    for dtype, shares in ((np.float32, True), (np.float64, False), (np.int64, False)):
        a = np.zeros(2, dtype=dtype)
        torch.from_numpy(a).float().fill_(1)
        assert (a == 1).all() == shares
        torch.tensor(a, dtype=torch.float32).fill_(2)
        assert not (a == 2).any()


def test_numpy_interop_read_only():
    array = np.zeros(2)
    array.flags.writeable = False
    with pytest.warns(UserWarning, match="undefined behavior"):
        torch.from_numpy(array)


def test_numpy_interop_read_only_copy():
    array = np.zeros(2)
    array.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.from_numpy(array.copy())


def test_numpy_interop_to_numpy(run):
    names = run("tensors/memory/numpy_interop_to_numpy.py")
    weight, array, same, half = (names[k] for k in ("weight", "array", "same", "half"))
    assert weight.device.type == half.device.type == names["device"].type
    assert weight.requires_grad and half.dtype == torch.bfloat16
    assert names["floats"].dtype == np.float32 and names["floats"].tolist() == [1.5, 2.5]
    for result in (array, same):
        assert type(result) is np.ndarray and result.dtype == np.float32
        assert result.shape == (2, 2) and (result == 1).all()
    with pytest.raises(RuntimeError, match="requires grad"):
        weight.cpu().numpy()
    # "does all three and resolves conjugate views too"
    conjugate = torch.tensor([1 + 2j]).conj()
    with pytest.raises(RuntimeError, match="conjugate"):
        conjugate.numpy()
    assert conjugate.numpy(force=True).tolist() == [1 - 2j]


def test_numpy_interop_to_numpy_shares_on_the_cpu():
    tensor = torch.ones(2, requires_grad=True)
    for array in (tensor.detach().cpu().numpy(), tensor.numpy(force=True)):
        array[0] += 1
    assert tensor.tolist() == [3, 1]


def test_numpy_interop_to_numpy_dtypes():
    for dtype in (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2):
        tensor = torch.ones(2).to(dtype)
        for force in (False, True):
            with pytest.raises(TypeError, match="unsupported ScalarType"):
                tensor.numpy(force=force)
        assert tensor.float().numpy().tolist() == [1, 1]
    # every other plain dtype converts, int8 among them, and comes back as it was
    for dtype in (torch.int8, torch.uint8, torch.int64, torch.bool, torch.float16):
        tensor = torch.tensor([0, 1], dtype=dtype)
        back = torch.from_numpy(tensor.numpy())
        torch.testing.assert_close(back, tensor, rtol=0, atol=0)
    sparse = torch.eye(2).to_sparse()
    with pytest.raises(TypeError, match="to_dense"):
        sparse.numpy()
    assert sparse.to_dense().numpy().tolist() == [[1, 0], [0, 1]]


def test_item(run):
    names = run("tensors/memory/item.py")
    assert names["loss"].requires_grad
    assert type(names["value"]) is float and names["value"] == 2.5
    assert names["rows"] == [[1, 2], [3, 4]]
    assert torch.tensor(names["rows"]).equal(names["table"])
    with pytest.raises(RuntimeError, match="4 elements"):
        names["table"].item()
    # "a tensor of one element", of whatever shape and type
    assert torch.ones(1, 1).item() == 1
    assert [type(torch.tensor(v).item()) for v in (1, True, 1j)] == [int, bool, complex]


def test_item_stray_digits():
    assert torch.tensor(0.1).item() != 0.1
    assert torch.tensor(0.1).item() == pytest.approx(0.1)


def test_item_float_and_format(run):
    loss = run("tensors/memory/item.py")["loss"]
    with pytest.warns(UserWarning, match="requires_grad=True"):
        float(loss)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert loss.item() == 2.5 and f"{loss:.3f}" == "2.500"


def test_copy_tensor(run):
    names = run("tensors/memory/copy_tensor.py")
    a, b, c, d = (names[k] for k in "abcd")
    assert b.data_ptr() != a.data_ptr() and b.grad_fn is not None
    assert c.data_ptr() == a.data_ptr() and c.grad_fn is None and not c.requires_grad
    assert d.data_ptr() not in (a.data_ptr(), b.data_ptr()) and not d.requires_grad
    c.add_(1)
    assert torch.equal(a, c)  # "an in-place change to one changes both"
    assert (b == 1).all() and (d == 1).all()


def test_copy_tensor_gradients(run):
    names = run("tensors/memory/copy_tensor.py")
    # "Gradients flow through clone() back to the source"
    names["b"].sum().backward()
    assert torch.equal(names["a"].grad, torch.ones(2, 2))


def test_copy_tensor_from_a_tensor(run):
    a = run("tensors/memory/copy_tensor.py")["a"]
    with pytest.warns(UserWarning, match=r"detach\(\)\.clone\(\)"):
        copied = torch.tensor(a)
    assert copied.data_ptr() != a.data_ptr()
