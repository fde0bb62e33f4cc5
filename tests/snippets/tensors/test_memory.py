import copy
import warnings

import numpy as np
import pytest
import torch
from torch import nn

READER = {
    "numpy_interop": "array = np.ones((8, 4))",
    "copy_tensor": "a = model[0].weight",
}


def silently(function):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return function()


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "torch.from_numpy shares memory with the array: a change to one changes both",
    "torch.tensor copies",
)
def test_numpy_interop(run):
    names = run("tensors/memory/numpy_interop.py")
    array, shared, x, back = (names[k] for k in ("array", "shared", "x", "back"))
    assert shared[0] == array[0] == 100
    shared[1] = -1
    assert array[1] == -1
    assert x.tolist() == back.tolist() == [1, 2, 3]
    assert shared.dtype == torch.float64 and x.dtype == torch.float32
    assert type(back) is np.ndarray and back.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint16, np.bool_])
def test_numpy_interop_tensor_copies_whatever_the_dtype(dtype):
    for array in (np.zeros(4, dtype), np.zeros((4, 4), dtype)[:, 1], np.zeros((), dtype)):
        copied, shared = torch.tensor(array), torch.from_numpy(array)
        copied.fill_(1)
        assert not array.any()
        shared.fill_(1)
        assert array.all() and copied.dtype == shared.dtype


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "is the way back, from the CPU or a GPU, with or without a gradient",
)
def test_numpy_interop_force():
    x = torch.ones(2, requires_grad=True)
    for tensor in (x, x * 1, x.detach()):
        assert tensor.numpy(force=True).tolist() == [1, 1]
    with pytest.raises(NotImplementedError):  # not from the meta device: there is no data
        torch.ones(2, device="meta").numpy(force=True)


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "An array with a negative stride, such as array[::-1], raises ValueError. Call copy() first",
)
def test_numpy_interop_negative_strides():
    array = np.array([1.0, 2.0])
    for convert in (torch.from_numpy, torch.tensor):
        with pytest.raises(ValueError, match="negative"):
            convert(array[::-1])
        assert convert(array[::-1].copy()).tolist() == [2, 1]


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "NumPy's floats are float64 by default, and a layer's parameters are float32: "
    "together, nn.Linear raises mat1 and mat2 must have the same dtype",
    "16777217 becomes 16777216",
)
def test_numpy_interop_dtypes():
    doubles = np.linspace(0, 1, 6).reshape(2, 3)
    layer = nn.Linear(3, 1)
    assert doubles.dtype == np.float64 and layer.weight.dtype == torch.float32
    with pytest.raises(RuntimeError, match="mat1 and mat2 must have the same dtype"):
        layer(torch.from_numpy(doubles))
    layer(torch.tensor(doubles, dtype=torch.float32))
    assert torch.from_numpy(np.array([16777217])).float().int().item() == 16777216


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "If a is float32, the result still shares memory with a; for any other type it is a copy",
)
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64, np.int8, np.int64, np.bool_])
def test_numpy_interop_float_copies_only_sometimes(dtype):
    a = np.zeros(2, dtype=dtype)
    torch.from_numpy(a).float().fill_(1)
    assert a.all() == (dtype is np.float32)
    torch.tensor(a, dtype=torch.float32).fill_(2)
    assert not (a == 2).any()


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "For a read-only array, from_numpy warns, and only once",
    "Copy with torch.tensor",
)
def test_numpy_interop_read_only():
    array = np.zeros(2)
    array.flags.writeable = False
    silently(lambda: torch.tensor(array))
    with pytest.warns(UserWarning, match="undefined behavior"):
        torch.from_numpy(array)
    silently(lambda: torch.from_numpy(array))


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "An array of Python objects, often of rows that differ in length, raises "
    "can't convert np.ndarray of type numpy.object_: make the rows equally long, then convert with "
    "np.stack(array).astype(np.float32)",
)
def test_numpy_interop_of_objects():
    array = np.empty(2, dtype=object)
    array[:] = [np.ones(3), np.ones(2)]
    for convert in (torch.from_numpy, torch.tensor):
        with pytest.raises(TypeError, match=r"can't convert np.ndarray of type numpy.object_"):
            convert(array)
    array[1] = np.pad(array[1], (0, 1))
    converted = torch.from_numpy(np.stack(array).astype(np.float32))
    assert converted.tolist() == [[1, 1, 1], [1, 1, 0]]


@pytest.mark.claim("tensors/memory#numpy-interop", "A list of arrays is slow in torch.tensor")
def test_numpy_interop_a_list_of_arrays():
    arrays = [np.ones(2), np.zeros(2)]
    stacked = silently(lambda: torch.from_numpy(np.stack(arrays)))
    with pytest.warns(UserWarning, match="extremely slow"):
        assert torch.equal(torch.tensor(arrays), stacked)


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "it is detach() and cpu(), in either order, then numpy()",
)
def test_numpy_interop_to_numpy(run):
    names = run("tensors/memory/numpy_interop_to_numpy.py")
    weight, half, array = (names[k] for k in ("weight", "half", "array"))
    assert weight.device.type == half.device.type == names["device"].type
    assert weight.requires_grad and half.requires_grad and half.dtype == torch.bfloat16
    for result in (array, names["half_array"], weight.cpu().detach().numpy()):
        assert type(result) is np.ndarray and result.dtype == np.float32
        assert result.tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="requires grad"):
        weight.cpu().numpy()


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "The array of a CPU tensor shares its memory, also with force=True: "
    "a change to the array changes the tensor",
)
def test_numpy_interop_to_numpy_shares_on_the_cpu():
    tensor = torch.ones(2, requires_grad=True)
    for array in (tensor.detach().cpu().numpy(), tensor.numpy(force=True)):
        array[0] += 1
    assert tensor.tolist() == [3, 1]
    column = torch.zeros(3, 2)
    column[:, 1].numpy(force=True)[:] = 1
    assert column.tolist() == [[0, 1]] * 3


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "also resolves conjugate and negative views, such as z.conj(). That makes a copy",
)
@pytest.mark.parametrize("view", [lambda z: z.conj(), lambda z: z.conj().imag])
def test_numpy_interop_to_numpy_views(view):
    z = torch.tensor([1 + 2j])
    with pytest.raises(RuntimeError, match=r"conjugate|negative"):
        view(z).numpy()
    array = view(z).numpy(force=True)
    assert array.tolist() == view(z).tolist()
    array[:] = 0
    assert z.item() == 1 + 2j


@pytest.mark.claim(
    "tensors/memory#numpy-interop",
    "bfloat16 and float8 have no NumPy type: even with force=True, "
    "numpy() raises TypeError: Got unsupported ScalarType BFloat16, so call float() first",
    "A sparse tensor needs to_dense() first",
)
def test_numpy_interop_to_numpy_dtypes():
    for dtype in (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2):
        tensor = torch.ones(2).to(dtype)
        for force in (False, True):
            with pytest.raises(TypeError, match="Got unsupported ScalarType"):
                tensor.numpy(force=force)
        assert tensor.float().numpy().tolist() == [1, 1]
    with pytest.raises(TypeError, match="Got unsupported ScalarType BFloat16"):
        torch.ones(2, dtype=torch.bfloat16).numpy(force=True)
    # every other plain dtype converts, int8 among them, and comes back as it was
    for dtype in (torch.int8, torch.uint8, torch.int64, torch.bool, torch.float16):
        tensor = torch.tensor([0, 1], dtype=dtype)
        back = torch.from_numpy(tensor.numpy())
        torch.testing.assert_close(back, tensor, rtol=0, atol=0)
    sparse = torch.eye(2).to_sparse()
    for force in (False, True):
        with pytest.raises(TypeError, match="to_dense"):
            sparse.numpy(force=force)
    assert sparse.to_dense().numpy().tolist() == [[1, 0], [0, 1]]


@pytest.mark.claim(
    "tensors/memory#item",
    "item() turns a tensor of one element into a Python number. "
    "For more elements, tolist() gives nested lists",
    "A Python number is not in the graph",
)
def test_item(run):
    names = run("tensors/memory/item.py")
    assert names["loss"].requires_grad
    assert type(names["value"]) is float and names["value"] == 2.5
    assert names["rows"] == [[1, 2], [3, 4]]
    assert torch.equal(torch.tensor(names["rows"]), names["x"])


@pytest.mark.parametrize("value", [1, 1.5, True, 1j], ids=str)
def test_item_whatever_the_shape_and_type(value):
    for shape in ((), (1,), (1, 1)):
        number = torch.full(shape, value).item()
        assert number == value and type(number) is type(value)
    assert type(torch.ones(1, dtype=torch.bfloat16).item()) is float
    assert torch.tensor(value).tolist() == value  # 0-D: no list


@pytest.mark.claim(
    "tensors/memory#item",
    "With more than one element, or none, item() raises, for example, "
    "a Tensor with 4 elements cannot be converted to Scalar: call tolist(), or reduce first",
    "If x has more than one element, int(x), float(x), and torch.tensor([x, x]) raise "
    "only one element tensors can be converted to Python scalars: call x.tolist(), "
    "and torch.stack([x, x]) for the list",
)
def test_item_of_other_than_one_element():
    for n in (0, 2, 4):
        x = torch.ones(n)
        for convert in (int, float, lambda x: torch.tensor([x, x])):
            with pytest.raises(ValueError, match="only one element tensors can be converted to P"):
                convert(x)
        assert x.tolist() == n * [1] and torch.stack([x, x]).shape == (2, n)
        words = f"a Tensor with {n} elements cannot be converted to Scalar"
        with pytest.raises(RuntimeError, match=words):
            torch.ones(n).item()


@pytest.mark.claim(
    "tensors/memory#item",
    "A float32 often shows extra digits as a Python number: "
    "torch.tensor(0.1).item() is 0.10000000149011612",
)
def test_item_extra_digits():
    assert repr(torch.tensor(0.1).item()) == "0.10000000149011612"
    assert torch.tensor(0.1).item() != 0.1
    assert torch.tensor(0.1).item() == pytest.approx(0.1)
    assert torch.tensor(0.5).item() == 0.5  # not where the value is exact


@pytest.mark.claim(
    "tensors/memory#item",
    "float(loss) warns, once, if loss requires grad",
    'f"{loss:.3f}" formats a 0-D tensor without a warning',
)
def test_item_float_and_format(run):
    loss = run("tensors/memory/item.py")["loss"]
    assert silently(lambda: f"{loss:.3f}") == "2.500"
    assert silently(loss.item) == 2.5
    assert silently(lambda: float(loss.detach())) == 2.5
    with pytest.warns(UserWarning, match="requires_grad=True"):
        float(loss)
    silently(lambda: float(loss))
    with pytest.raises(TypeError, match="format"):
        f"{loss.reshape(1):.3f}"


@pytest.mark.claim(
    "tensors/memory#copy-tensor",
    "For a copy that shares nothing with its source, call detach(), then clone()",
    "clone() alone copies the values and keeps the link to the graph; "
    "detach() alone cuts the link and shares the values",
    "an in-place change of values shows in both tensors",
)
def test_copy_tensor(run):
    names = run("tensors/memory/copy_tensor.py")
    a, copied, linked, shared = (names[k] for k in ("a", "copied", "linked", "shared"))
    assert a.tolist() == shared.tolist() == [5, 1]
    assert copied.tolist() == linked.tolist() == [1, 1]
    with torch.no_grad():
        a.add_(1)
    assert shared.tolist() == [6, 2] and copied.tolist() == linked.tolist() == [1, 1]
    copied.zero_()
    assert a.tolist() == [6, 2]
    assert a.requires_grad and linked.requires_grad and linked.grad_fn
    assert not copied.requires_grad and not shared.requires_grad


@pytest.mark.parametrize(
    "source",
    [
        torch.arange(6.0),
        torch.arange(12.0).reshape(3, 4)[:, ::2],
        torch.arange(3.0).expand(2, 3),
        torch.tensor(1.0),
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([1, 2]),
    ],
    ids=["plain", "strided", "expanded", "0-d", "conjugate", "integer"],
)
def test_copy_tensor_is_independent_whatever_the_layout(source):
    before = source.tolist()
    source.detach().clone().zero_()
    assert source.tolist() == before


@pytest.mark.claim(
    "tensors/memory#copy-tensor",
    "Gradients flow through clone() back to the source. The copy of a parameter to train on "
    "its own is a.detach().clone().requires_grad_()",
)
def test_copy_tensor_gradients(run):
    a = run("tensors/memory/copy_tensor.py")["a"]
    a.clone().sum().backward()
    assert a.grad.tolist() == [1, 1]
    own = a.detach().clone().requires_grad_()
    own.sum().backward()
    assert own.is_leaf and own.grad.tolist() == [1, 1] == a.grad.tolist()
    with torch.no_grad():  # then there is no graph to stay in
        assert not a.clone().requires_grad


@pytest.mark.claim(
    "tensors/memory#copy-tensor",
    "If backward needs the old values, it raises modified by an inplace operation. "
    "a.data shares too, but without this check: the gradients are then wrong without an error",
)
def test_copy_tensor_changes_that_backward_notices():
    def gradient(share):
        x = torch.ones(2, requires_grad=True)
        y = x.exp()
        share(y).zero_()
        y.sum().backward()
        return x.grad.tolist()

    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        gradient(lambda y: y.detach())
    assert gradient(lambda y: y.data) == [0, 0]
    assert gradient(lambda y: y.detach().clone()) == pytest.approx([torch.e] * 2)
    x = torch.ones(2, requires_grad=True)
    y = x * 2  # its backward needs no values
    y.detach().zero_()
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]


@pytest.mark.claim(
    "tensors/memory#copy-tensor",
    "b = a copies nothing: it is a second name for the same tensor",
    "To copy into an existing tensor, write b.copy_(a)",
    "torch.tensor(a) copies a tensor too, but warns",
)
def test_copy_tensor_other_ways(run):
    a = run("tensors/memory/copy_tensor.py")["a"]
    b = a
    assert b is a
    b = torch.zeros(2, dtype=torch.int64)
    address = b.data_ptr()
    b.copy_(a.detach())
    assert b.tolist() == a.tolist() and b.data_ptr() == address
    with pytest.warns(UserWarning, match=r"detach\(\)\.clone\(\)"):
        copied = torch.tensor(a)
    assert copied.data_ptr() != a.data_ptr() and not copied.requires_grad


@pytest.mark.claim(
    "tensors/memory#copy-tensor",
    "copy.deepcopy(a) keeps requires_grad and raises RuntimeError on a tensor that is not a leaf",
)
def test_copy_tensor_deepcopy(run):
    names = run("tensors/memory/copy_tensor.py")
    a = names["a"]
    twin = copy.deepcopy(a)
    assert twin.requires_grad and twin.is_leaf and twin.data_ptr() != a.data_ptr()
    with pytest.raises(RuntimeError, match="graph leaves"):
        copy.deepcopy(names["linked"])


@pytest.mark.claim(
    "tensors/memory#copy-tensor",
    "to(), contiguous(), and reshape() copy only where they have to",
)
def test_copy_tensor_methods_that_copy_only_sometimes():
    x = torch.ones(2, 3)
    for same in (x.to("cpu", torch.float32), x.contiguous()):
        assert same is x
    assert x.reshape(3, 2).data_ptr() == x.data_ptr()
    for copied in (x.to(torch.float64), x.T.contiguous(), x.T.reshape(6)):
        assert copied.data_ptr() != x.data_ptr()
