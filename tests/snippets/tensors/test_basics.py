import numpy as np
import pytest
import torch
from torch import nn


def test_create_tensor(run):
    torch.manual_seed(0)
    names = run("tensors/basics/create_tensor.py")
    torch.manual_seed(0)
    assert torch.equal(names["noise"], torch.randn(2, 3))  # "standard normal"
    assert names["ints"].dtype == torch.int64
    assert names["ints"].tolist() == names["data"]
    assert names["floats"].dtype == torch.float32
    assert names["floats"].tolist() == names["data"]
    assert names["zeros"].shape == (1, 2, 3)
    assert not names["zeros"].any()
    assert names["sevens"].shape == (2, 3)
    assert (names["sevens"] == 7).all()
    assert 6 not in names["steps"]
    assert names["steps"].tolist() == list(range(0, 6, 2))
    assert names["points"][-1] == 1
    assert len(names["points"]) == 5
    assert names["like"].shape == names["floats"].shape
    assert not names["like"].any()
    assert names["row"].shape == (5,)
    assert (names["row"] == 1).all()


def test_create_tensor_like_another(run):
    names = run("tensors/basics/create_tensor.py")
    # "with the dtype and device of another tensor"
    other = torch.zeros(2, dtype=torch.float16, device="meta")
    for made in (torch.zeros_like(other), other.new_ones(5)):
        assert made.dtype == torch.float16
        assert made.device.type == "meta"
    assert names["like"].dtype == names["row"].dtype == names["floats"].dtype


def test_create_tensor_leaves_nothing_uninitialized(run):
    # Deterministic mode fills uninitialized memory with NaN.
    torch.use_deterministic_algorithms(True)
    names = run("tensors/basics/create_tensor.py")
    tensors = [t for t in names.values() if isinstance(t, torch.Tensor)]
    assert tensors
    assert not any(t.isnan().any() for t in tensors)


def test_create_tensor_copies_and_warns_for_tensors():
    array = np.zeros(2)
    x = torch.tensor(array)
    array[0] = 1
    assert x[0] == 0  # "always copies"
    with pytest.warns(UserWarning, match="To copy construct from a tensor"):
        torch.tensor(x)


def test_create_tensor_arange_with_a_float_step():
    assert torch.arange(1, 1.3, 0.1).numel() == 4
    assert torch.linspace(1, 1.2, 3).numel() == 3


def test_create_tensor_legacy_constructor():
    torch.use_deterministic_algorithms(True)  # fills uninitialized memory with NaN
    assert torch.Tensor(1, 2, 3).isnan().all()
    assert torch.empty(1, 2, 3).isnan().all()
    assert torch.Tensor([16777217]).dtype == torch.get_default_dtype()
    assert torch.Tensor([16777217]).tolist() == [16777216]
    assert torch.tensor([16777217]).tolist() == [16777217]


def test_create_tensor_requires_grad(run):
    names = run("tensors/basics/create_tensor_requires_grad.py")
    assert not names["x"].requires_grad
    assert names["w"].requires_grad
    parameters, buffers = list(names["norm"].parameters()), list(names["norm"].buffers())
    assert parameters
    assert all(p.requires_grad for p in parameters)
    assert buffers
    assert not any(b.requires_grad for b in buffers)
    # "Only floating-point and complex tensors accept requires_grad=True"
    assert torch.zeros(1, dtype=torch.complex64, requires_grad=True).requires_grad
    for dtype in (torch.int64, torch.bool, torch.uint8):
        with pytest.raises(RuntimeError, match="floating point and complex"):
            torch.zeros(1, dtype=dtype, requires_grad=True)


def test_dtype(run):
    names = run("tensors/basics/dtype.py")
    points = names["points"]
    # truncating, rounding and rounding down all differ on these points
    assert not torch.equal(points.trunc(), points.round())
    assert not torch.equal(points.trunc(), points.floor())
    assert names["doubles"].dtype == torch.float64
    assert torch.equal(names["doubles"].float(), points)
    assert names["shorts"].dtype == names["nearest"].dtype == torch.int16
    assert torch.equal(names["shorts"].float(), points.trunc())  # "truncated toward zero"
    assert torch.equal(names["nearest"].float(), points.round())
    assert 2.5 in points
    ties = torch.tensor([2.5, 3.5])
    assert ties.round().tolist() == [2, 4]  # "ties go to even"
    assert names["same"] is points
    assert names["copy"].data_ptr() != points.data_ptr()
    assert names["copy"].dtype == points.dtype


def test_dtype_shorthands_and_type():
    x = torch.tensor([1.9])
    assert x.double().dtype == torch.float64
    assert x.short().dtype == torch.int16
    assert x.long().dtype == torch.int64
    # "type(dtype) does the same"
    assert torch.equal(x.type(torch.int16), x.to(torch.int16))
    assert x.type(torch.float32) is x
    assert x.to("meta", torch.int16).device.type == "meta"  # "to() can change the device too"


def test_dtype_promotion(run):
    names = run("tensors/basics/dtype_promotion.py")
    ints, halves, floats = (names[k] for k in ("ints", "halves", "floats"))
    assert (ints.dtype, halves.dtype, floats.dtype) == (torch.int64, torch.float16, torch.float32)
    assert torch.result_type(halves, floats) == torch.float32  # "the wider one"
    assert torch.result_type(ints, halves) == torch.float16  # "whatever the widths"
    assert names["scalar"].dim() == 0
    assert names["scalar"].dtype == torch.float64
    assert torch.result_type(halves, names["scalar"]) == torch.float16
    assert torch.result_type(halves, 1.0) == torch.float16
    assert torch.result_type(halves, names["scalar"].reshape(1)) == torch.float64
    assert torch.result_type(ints, names["scalar"]) == torch.float64  # another kind does promote
    assert (ints / 2).dtype == torch.float32
    assert (ints // 2).dtype == torch.int64
    assert ints.tolist() == [1, 2]  # the in-place addition failed
    with pytest.raises(RuntimeError, match="can't be cast"):
        ints += 0.5


def test_dtype_loses_information():
    x = torch.tensor([200], dtype=torch.uint8)
    assert (x + 100).item() == 44
    assert torch.tensor(300).to(torch.uint8).item() == 44
    assert torch.tensor(16777217).to(torch.float32).item() == 16777216
    assert torch.tensor(70000).to(torch.float16).isinf()
    with pytest.raises(RuntimeError, match="same dtype"):
        torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.float64)


def test_tensor_info(run):
    names = run("tensors/basics/tensor_info.py")
    x = names["x"]
    assert names["batch"] == x.size(0)
    assert names["features"] == list(x.shape[1:])
    assert len(set(x.shape)) == x.ndim  # so that the printed sizes tell the dimensions apart
    assert isinstance(x.shape, tuple)
    assert type(x.shape) is torch.Size
    assert x.ndim == x.dim()
    assert x.numel() == torch.tensor(x.shape).prod()
    assert x.nbytes == x.numel() * x.element_size()


def test_tensor_info_size_and_type():
    x = torch.zeros(3, 4)
    with pytest.raises(TypeError, match="not subscriptable"):
        x.size[1]
    assert np.zeros((3, 4)).size == x.numel()
    for y in (x, x.to(torch.int16), x.to("meta")):
        assert type(y) is torch.Tensor
    assert x.type() == "torch.FloatTensor"
    view = torch.zeros(1).expand(1000)
    assert view.nbytes == 1000 * 4
    assert view.untyped_storage().nbytes() == 4


def test_default_dtype(run):
    assert torch.get_default_dtype() == torch.float32  # "It starts as float32"
    names = run("tensors/basics/default_dtype.py")
    assert names["x"].dtype == names["layer"].weight.dtype == names["ratio"].dtype == torch.float64
    assert names["ints"].dtype == torch.int64
    assert torch.get_default_dtype() == torch.float32  # "put it back"


def test_default_dtype_is_put_back_after_an_error(run, monkeypatch):
    def fail(*_):
        raise KeyError("layer")

    monkeypatch.setattr(nn, "Linear", fail)
    with pytest.raises(KeyError, match="layer"):
        run("tensors/basics/default_dtype.py")
    assert torch.get_default_dtype() == torch.float32


def test_default_dtype_limits():
    with pytest.raises(TypeError, match="only floating-point types"):
        torch.set_default_dtype(torch.int64)
    x = torch.from_numpy(np.ones((1, 2)))
    assert x.dtype == torch.tensor(np.ones(2)).dtype == torch.float64
    with pytest.raises(RuntimeError, match="same dtype"):
        nn.Linear(2, 1)(x)
    assert nn.Linear(2, 1)(x.to(torch.float32)).dtype == torch.float32
    with pytest.warns(UserWarning, match="deprecated"):
        torch.set_default_tensor_type(torch.FloatTensor)
    torch.set_default_device("meta")
    assert torch.zeros(1).device.type == "meta"


def test_device_transfer(run):
    names = run("tensors/basics/device_transfer.py")
    assert names["offset"].dtype == torch.float32
    assert torch.equal(names["result"], names["scaled"].cpu())
    assert names["result"].is_cpu
    assert names["result"].tolist() == [[12, 28], [14, 22]]


def test_device_transfer_places_everything(run, monkeypatch):
    # The meta device stands in for a GPU: it, too, refuses to mix with the CPU.
    meta = torch.device("meta")
    monkeypatch.setattr(
        torch.accelerator, "current_accelerator", lambda check_available=False: meta
    )
    monkeypatch.setattr(torch.Tensor, "cpu", lambda t: torch.empty_like(t, device="cpu"))
    names = run("tensors/basics/device_transfer.py")
    for tensor in ("points", "offset", "scaled", "score"):
        assert names[tensor].device == meta
    assert all(p.device == meta for p in names["model"].parameters())  # "moves in place"
    assert names["result"].is_cpu


def test_device_transfer_rules():
    x, far = torch.ones(2), torch.ones(2, device="meta")
    x.to("meta")
    assert x.is_cpu  # "x.to(device) does not change x"
    with pytest.raises(RuntimeError, match="not on the expected device"):
        x + far
    assert (2 * far).device == (torch.tensor(2.0) + far).device == far.device
    assert torch.device("cuda") != torch.device("cuda:0")
    assert torch.device("cuda").type == torch.device("cuda:0").type
    assert torch.device("cuda:1").index == 1
    assert x.to("cpu", torch.float32) is x
    assert x.cpu() is x
    assert x.to("cpu", copy=True).data_ptr() != x.data_ptr()


def test_methods_and_inplace(run):
    names = run("tensors/basics/methods_and_inplace.py")
    a, b, t = (names[k] for k in "abt")
    assert names["c"] is b
    assert not b.any()
    assert a[1].tolist() == [3, 4]  # b is a clone: zeroing it left a alone
    assert a[0, 0] == t[0, 0] == 100
    assert a.data_ptr() == t.data_ptr() and torch.equal(t, a.T)
    assert names["alias"].tolist() == [1, 1]
    assert names["x"].tolist() == [2, 2]
    assert names["x"] is not names["alias"]


def test_methods_and_inplace_names():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert torch.equal(torch.transpose(x, 0, 1), x.transpose(0, 1))
    assert torch.equal(torch.add(x, 1), x.add(1))
    assert torch.equal(torch.sum(x), x.sum())
    for view in (x.t(), x.view(4), x.expand(2, 2, 2)):
        assert view.data_ptr() == x.data_ptr()
    assert x.t().clone().data_ptr() != x.data_ptr()
    assert callable(torch.relu_)
    for name in ("view", "expand", "item"):
        assert hasattr(torch.Tensor, name)
        assert not hasattr(torch, name)
    assert hasattr(torch, "cat")
    assert not hasattr(torch.Tensor, "cat")
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        torch.ones(2, requires_grad=True).zero_()
