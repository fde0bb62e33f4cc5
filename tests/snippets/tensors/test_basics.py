import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

READER = {"dtype": "pixels = torch.zeros(3, dtype=torch.uint8)"}


@pytest.mark.claim(
    "tensors/basics#create-tensor",
    "From a shape, use zeros(), full(), randn(), and the like",
)
def test_create_tensor(run):
    torch.manual_seed(0)
    names = run("tensors/basics/create_tensor.py")
    torch.manual_seed(0)
    assert torch.equal(names["noise"], torch.randn(2, 3))  # "standard normal"
    assert names["data"].dtype == torch.float32 and names["data"].tolist() == [[1, 2], [3, 4]]
    assert names["labels"].dtype == torch.int64 and names["labels"].tolist() == [0, 2, 1]
    assert names["zeros"].shape == (2, 3) and not names["zeros"].any()
    assert names["sevens"].shape == (2, 3) and (names["sevens"] == 7).all()
    assert names["steps"].tolist() == list(range(0, 6, 2))  # "without the end"
    assert names["points"][-1] == 1 and len(names["points"]) == 5  # "with the end"
    assert names["like"].shape == names["data"].shape and not names["like"].any()


@pytest.mark.claim("tensors/basics#create-tensor", "All of them take dtype= and device=")
@pytest.mark.parametrize(
    ("make", "args"),
    [
        (torch.tensor, ([1, 2],)),
        (torch.zeros, (2,)),
        (torch.full, ((2,), 7)),
        (torch.randn, (2,)),
        (torch.arange, (2,)),
        (torch.linspace, (0, 1, 2)),
        (torch.zeros_like, (torch.ones(2),)),
    ],
)
def test_create_tensor_takes_dtype_and_device(make, args):
    x = make(*args, dtype=torch.float16, device="meta")
    assert x.dtype == torch.float16 and x.is_meta and x.shape == (2,)


def test_create_tensor_like_another():
    other = torch.zeros(2, dtype=torch.float16, device="meta")
    like = torch.zeros_like(other)
    assert (like.shape, like.dtype, like.device) == (other.shape, other.dtype, other.device)


def test_create_tensor_leaves_nothing_uninitialized(run):
    # Deterministic mode fills uninitialized memory with NaN.
    torch.use_deterministic_algorithms(True)
    names = run("tensors/basics/create_tensor.py")
    tensors = [t for t in names.values() if isinstance(t, torch.Tensor)]
    assert tensors
    assert not any(t.isnan().any() for t in tensors)


@pytest.mark.claim(
    "tensors/basics#create-tensor",
    "torch.tensor(), which always copies",
    "Given a tensor, torch.tensor() warns",
)
def test_create_tensor_copies_and_warns_for_tensors():
    array = np.zeros(2)
    x = torch.tensor(array)
    array[0] = 1
    assert x[0] == 0
    with pytest.warns(UserWarning, match="To copy construct from a tensor"):
        copy = torch.tensor(x)
    assert copy.data_ptr() != x.data_ptr()


@pytest.mark.claim(
    "tensors/basics#create-tensor",
    "torch.tensor([a, b]) takes only tensors of a single element, and it drops their gradients",
)
def test_create_tensor_of_tensors():
    a, b = torch.ones(2, requires_grad=True), torch.ones(2)
    with pytest.raises(ValueError, match="only one element tensors"):
        torch.tensor([a, b])
    assert torch.stack([a, b]).shape == (2, 2) and torch.stack([a, b]).requires_grad
    single = torch.tensor([a[0].detach(), b[:1]])
    assert single.tolist() == [1, 1]
    assert not torch.tensor([a[0], b[0]]).requires_grad


@pytest.mark.claim(
    "tensors/basics#create-tensor",
    "With a floating-point step, rounding can add an element to arange(): "
    "torch.arange(1, 1.3, 0.1) has 4",
)
def test_create_tensor_arange_with_a_float_step():
    assert torch.arange(1, 1.3, 0.1).numel() == 4
    assert torch.arange(0, 0.5, 0.1).numel() == 5  # it need not
    assert torch.linspace(1, 1.2, 3).numel() == 3


@pytest.mark.claim(
    "tensors/basics#create-tensor",
    "torch.Tensor(1, 2, 3) is uninitialized memory, like torch.empty(1, 2, 3)",
    "torch.Tensor([16777217]) turns the integer into the default float32 and gives 16777216",
)
def test_create_tensor_legacy_constructor():
    torch.use_deterministic_algorithms(True)  # fills uninitialized memory with NaN
    assert torch.Tensor(1, 2, 3).isnan().all()
    assert torch.empty(1, 2, 3).isnan().all()
    assert torch.zeros(1, 2, 3).count_nonzero() == 0
    assert torch.Tensor([16777217]).dtype == torch.float32
    assert torch.Tensor([16777217]).tolist() == [16777216]
    assert torch.tensor([16777217]).tolist() == [16777217]


@pytest.mark.claim(
    "tensors/basics#create-tensor",
    "given the result of a product, such as scaled, which is not a leaf tensor, "
    "an optimizer raises can't optimize a non-leaf Tensor",
)
def test_create_tensor_requires_grad(run):
    names = run("tensors/basics/create_tensor_requires_grad.py")
    weight, bias, scaled = names["weight"], names["bias"], names["scaled"]
    assert names["optimizer"].param_groups[0]["params"] == [weight, bias]
    for optimizer in (torch.optim.SGD, torch.optim.AdamW):
        with pytest.raises(ValueError, match="can't optimize a non-leaf Tensor"):
            optimizer([scaled], lr=0.1)
    before = weight.detach().clone()
    (torch.ones(4) @ weight + bias).sum().backward()
    names["optimizer"].step()
    assert not torch.equal(weight, before) and bias.grad is not None


@pytest.mark.claim(
    "tensors/basics#create-tensor",
    "The parameters() of a layer such as nn.Linear require gradients by default; "
    "buffers(), such as the running_mean of BatchNorm, do not",
    "Integer and boolean tensors cannot require them",
)
def test_create_tensor_requires_grad_by_default():
    for layer in (nn.Linear(2, 2), nn.BatchNorm1d(3)):
        assert all(p.requires_grad for p in layer.parameters())
    assert not any(b.requires_grad for b in nn.BatchNorm1d(3).buffers())
    assert not nn.BatchNorm1d(3).running_mean.requires_grad
    assert torch.zeros(1, dtype=torch.complex64, requires_grad=True).requires_grad
    for dtype in (torch.int64, torch.bool, torch.uint8):
        with pytest.raises(RuntimeError, match="floating point and complex"):
            torch.zeros(1, dtype=dtype, requires_grad=True)
        with pytest.raises(RuntimeError, match="floating point"):
            torch.zeros(1, dtype=dtype).requires_grad_()


def test_dtype(run):
    names = run("tensors/basics/dtype.py")
    x = names["x"]
    # truncating, rounding and rounding down all differ on these values
    assert not torch.equal(x.trunc(), x.round())
    assert not torch.equal(x.trunc(), x.floor())
    assert names["doubles"].dtype == x.double().dtype == torch.float64
    assert torch.equal(names["doubles"].float(), x)
    assert names["halves"].dtype == x.bfloat16().dtype == torch.bfloat16
    assert names["integers"].dtype == names["nearest"].dtype == x.long().dtype == torch.int64
    assert torch.equal(names["integers"].float(), x.trunc())  # "toward zero"
    assert torch.equal(names["nearest"].float(), x.round())
    assert 2.5 in x
    assert torch.tensor([2.5, 3.5]).round().tolist() == [2, 4]  # "ties go to even"
    assert names["image"].dtype == names["pixels"].float().dtype == torch.float32
    assert names["image"].min() >= 0 and names["image"].max() == 1


@pytest.mark.claim(
    "tensors/basics#dtype",
    "to() returns the result and leaves x as it is. It can change the device too",
    "Where the dtype matches already, to() returns the tensor itself, not a copy. "
    "For a copy, add copy=True",
)
@pytest.mark.parametrize("shape", [(), (0,), (3, 4)], ids=["0-d", "empty", "matrix"])
def test_dtype_to_returns_the_result(shape):
    for x in (torch.ones(shape), torch.ones(shape).T if len(shape) == 2 else torch.ones(shape)):
        assert x.to(torch.int64).dtype == torch.int64 and x.dtype == torch.float32
        assert x.to(torch.float32) is x and x.float() is x
        assert x.to(torch.float32, copy=True) is not x
        assert x.to("meta", torch.int16).is_meta and not x.is_meta
    x = torch.ones(3)
    assert x.to(torch.float32, copy=True).data_ptr() != x.data_ptr()


def test_dtype_promotion(run):
    names = run("tensors/basics/dtype_promotion.py")
    ints, halves, floats = (names[k] for k in ("ints", "halves", "floats"))
    assert (ints.dtype, halves.dtype, floats.dtype) == (torch.int64, torch.float16, torch.float32)
    assert torch.result_type(halves, floats) == torch.float32  # "the wider one"
    for integer in (torch.bool, torch.uint8, torch.int32, torch.int64):  # "whatever the widths"
        assert torch.result_type(ints.to(integer), halves) == torch.float16
    for other in (1.0, floats[0], floats[0].double()):  # "does not widen it"
        assert (halves + other).dtype == torch.float16
    assert (halves + floats[:1].double()).dtype == torch.float64  # one that has a dimension does
    assert torch.result_type(ints, floats[0].double()) == torch.float64  # another kind does
    for small in (ints, ints.to(torch.uint8), ints[0]):
        assert (small / 2).dtype == torch.float32
        assert (small // 2).dtype == small.dtype
    assert halves.tolist() == [1, 3]  # changed in place
    assert ints.tolist() == [1, 2]  # the in-place addition failed
    with pytest.raises(RuntimeError, match="can't be cast"):
        ints += 0.5


@pytest.mark.claim(
    "tensors/basics#dtype",
    "float16 with bfloat16 gives float32",
    "Between two 0-d tensors, promotion is as usual: float32 with float64 gives float64",
)
def test_dtype_promotion_between_equals():
    half, brain = torch.ones(2, dtype=torch.float16), torch.ones(2, dtype=torch.bfloat16)
    assert (half + brain).dtype == torch.float32
    zero_d = torch.tensor(1.0)
    assert (zero_d + zero_d.double()).dtype == torch.float64


@pytest.mark.claim(
    "tensors/basics#dtype",
    "Integers wrap on overflow: in uint8, 200 plus 100 is 44, "
    "and the integer 300 converted to uint8 is also 44",
    "sum() adds uint8 in int64",
    "16777217 becomes 16777216 in float32, and 70000 becomes inf in float16",
)
def test_dtype_loses_information():
    for x in (torch.tensor([200], dtype=torch.uint8), torch.tensor(200, dtype=torch.uint8)):
        assert (x + 100).item() == (x + torch.full_like(x, 100)).item() == 44
    assert torch.tensor([200, 100], dtype=torch.uint8).sum() == 300
    assert torch.tensor(300).to(torch.uint8).item() == 44
    assert torch.tensor(16777217).to(torch.float32).item() == 16777216
    for source in (torch.tensor(70000), torch.tensor(70000.0)):
        assert source.to(torch.float16).isinf()


@pytest.mark.claim(
    "tensors/basics#dtype",
    "Matrix multiplication does not promote: float32 times float64 raises an error",
)
@pytest.mark.parametrize("autocast", [False, True])
def test_dtype_matmul(autocast):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        for a, b in ((torch.ones(2, 2), torch.ones(2, 2)), (torch.ones(2, 2), torch.ones(2))):
            with pytest.raises(RuntimeError, match=r"same dtype|but found"):
                a @ b.double()


def test_tensor_info(run):
    names = run("tensors/basics/tensor_info.py")
    x = names["x"]
    assert names["batch"] == x.size(0)
    assert names["features"] == list(x.shape[1:])
    assert len(set(x.shape)) == x.ndim  # so that the printed sizes tell the dimensions apart
    assert x.ndim == x.dim()
    assert x.numel() == torch.tensor(x.shape).prod()
    for bad in (float("nan"), float("inf")):
        x[0, 0, 0] = bad
        assert not x.isfinite().all()


@pytest.mark.claim(
    "tensors/basics#tensor-info",
    "shape is a subclass of tuple: compare it with a tuple, as in x.shape == (3, 4, 5)",
    "Compared with a list, it is False",
    "size is a method: write x.size(1), not x.size[1]",
    "NumPy's size, the number of elements, is numel() here",
)
def test_tensor_info_shape_and_size():
    x = torch.zeros(3, 4, 5)
    assert isinstance(x.shape, tuple) and type(x.shape) is not tuple
    assert x.shape == (3, 4, 5)
    assert x.shape != [3, 4, 5]
    with pytest.raises(TypeError, match="not subscriptable"):
        x.size[1]
    assert x.size(1) == 4
    assert np.zeros((3, 4, 5)).size == x.numel()


@pytest.mark.claim(
    "tensors/basics#tensor-info",
    "type(x) tells neither dtype nor device, and that of a parameter is nn.Parameter",
    "x.type() is a legacy string such as torch.FloatTensor",
)
def test_tensor_info_type():
    x = torch.zeros(3, 4)
    for y in (x, x.to(torch.int16), x.to("meta")):
        assert type(y) is torch.Tensor
    assert type(nn.Linear(2, 2).weight) is nn.Parameter
    assert x.type() == nn.Linear(2, 2).weight.type() == "torch.FloatTensor"


@pytest.mark.claim(
    "tensors/basics#tensor-info",
    "nbytes is the number of elements times the bytes of each",
    "may be smaller (expand()) or larger (a small slice of a large tensor); "
    "x.untyped_storage().nbytes() is its size",
)
def test_tensor_info_bytes():
    base = torch.zeros(1000)
    for x in (base, base.half(), base.cdouble(), base[:0], base[0], base[::2], base.bool()):
        assert x.nbytes == x.numel() * x.element_size()
    view = torch.zeros(1).expand(1000)
    assert view.nbytes == 4000 and view.untyped_storage().nbytes() == 4
    assert base[:2].nbytes == 8 and base[:2].untyped_storage().nbytes() == 4000


@pytest.mark.claim(
    "tensors/basics#default-dtype",
    "sets the dtype that Python floats turn into, "
    "and that of torch.zeros(), torch.randn(), and new layers",
    "It starts as float32",
    "Existing tensors and layers stay as they are",
)
def test_default_dtype(run):
    assert torch.get_default_dtype() == torch.float32
    before, old = torch.zeros(1), nn.Linear(2, 2)
    names = run("tensors/basics/default_dtype.py")
    new = [torch.tensor(1.0), torch.zeros(2), torch.randn(2), nn.LayerNorm(2).weight]
    for x in (names["x"], names["layer"].weight, names["ints"] / 2, *new):
        assert x.dtype == torch.float64
    assert names["ints"].dtype == torch.arange(2).dtype == torch.int64
    assert before.dtype == old.weight.dtype == torch.float32


def test_default_dtype_temporary(run):
    names = run("tensors/basics/default_dtype_temporary.py")
    assert names["x"].dtype == torch.float64
    assert names["y"].dtype == torch.get_default_dtype() == torch.float32
    with pytest.raises(KeyError), names["default_dtype"](torch.float64):  # "put it back"
        raise KeyError
    assert torch.get_default_dtype() == torch.float32
    with names["default_dtype"](torch.float64), names["default_dtype"](torch.float16):
        assert torch.zeros(1).dtype == torch.float16
    assert torch.get_default_dtype() == torch.float32


@pytest.mark.claim(
    "tensors/basics#default-dtype",
    "Only floating-point dtypes are accepted; torch.int64 raises an error",
    "For a single tensor or layer, pass dtype=torch.float64; "
    "for an existing model, call model.double()",
)
def test_default_dtype_limits():
    for dtype in (torch.int64, torch.bool, torch.complex64):
        with pytest.raises(TypeError, match="only floating-point types"):
            torch.set_default_dtype(dtype)
    assert torch.zeros(1, dtype=torch.float64).dtype == torch.float64
    layer = nn.Linear(2, 2, dtype=torch.float64)
    assert layer.weight.dtype == nn.Linear(2, 2).double().weight.dtype == torch.float64


@pytest.mark.claim(
    "tensors/basics#default-dtype",
    "torch.tensor() and torch.from_numpy() keep the dtype of a NumPy array",
    "A float64 array gives a float64 tensor, which a float32 nn.Linear rejects",
)
def test_default_dtype_of_numpy_arrays():
    for dtype in ("float64", "float16", "int32", "bool"):
        array = np.ones((1, 2), dtype)
        made = torch.from_numpy(array)
        assert made.dtype == torch.tensor(array).dtype == getattr(torch, dtype)
    x = torch.from_numpy(np.ones((1, 2)))
    with pytest.raises(RuntimeError, match="same dtype"):
        nn.Linear(2, 1)(x)
    assert nn.Linear(2, 1)(x.to(torch.float32)).dtype == torch.float32


@pytest.mark.claim(
    "tensors/basics#default-dtype",
    "torch.set_default_tensor_type(torch.FloatTensor) issues a deprecation warning, "
    "and the default is float32 anyway",
    "create the model inside with torch.device",
    "DataLoader(dataset, shuffle=True) then raises an error, "
    "because it shuffles with a random generator on the CPU",
)
def test_default_dtype_and_default_device():
    with pytest.warns(UserWarning, match="deprecated"):
        torch.set_default_tensor_type(torch.FloatTensor)
    with torch.device("meta"):
        layer = nn.Linear(2, 2)
    assert layer.weight.is_meta and not torch.zeros(1).is_meta
    # The meta device stands in for a GPU: there, too, the shuffled indices are made on it.
    device = "cuda" if torch.cuda.is_available() else "meta"
    torch.set_default_device(device)
    dataset = TensorDataset(torch.ones(4, 2))
    assert torch.Generator().device.type == "cpu"  # the sampler's
    assert torch.randperm(4).device.type == device
    with pytest.raises(RuntimeError):
        next(iter(DataLoader(dataset, shuffle=True)))


@pytest.mark.claim(
    "tensors/basics#device-transfer", "create new tensors there with device=", "model.to() moves"
)
def test_device_transfer(run):
    names = run("tensors/basics/device_transfer.py")
    assert names["inputs"].dtype == torch.float32
    assert torch.equal(names["result"], names["outputs"].cpu())
    assert names["result"].is_cpu and not names["result"].requires_grad
    assert names["outputs"].device == names["noise"].device == names["inputs"].device
    model = names["model"]
    assert torch.equal(names["outputs"], model(names["inputs"] + names["noise"]))


def test_device_transfer_places_everything(run, monkeypatch):
    # The meta device stands in for a GPU: it, too, refuses to mix with the CPU.
    meta = torch.device("meta")
    monkeypatch.setattr(
        torch.accelerator, "current_accelerator", lambda check_available=False: meta
    )
    monkeypatch.setattr(torch.Tensor, "cpu", lambda t: torch.empty_like(t, device="cpu"))
    names = run("tensors/basics/device_transfer.py")
    for tensor in ("inputs", "noise", "outputs"):
        assert names[tensor].device == meta
    assert all(p.device == meta for p in names["model"].parameters())  # "moves in place"
    assert names["result"].is_cpu


@pytest.mark.claim(
    "tensors/basics#device-transfer",
    "arithmetic takes Python numbers and 0-d CPU tensors",
    'torch.device("cuda") does not equal torch.device("cuda:0"): '
    "to compare the kind of device, use .type",
    "to() need not copy: x.to(x.device) is x itself, and so is x.cpu() where x is on the CPU",
    "On a line of its own, x.to(device) drops its result, and x stays where it was",
)
def test_device_transfer_rules():
    x, far = torch.ones(2), torch.ones(2, device="meta")
    x.to("meta")
    assert x.is_cpu
    with pytest.raises(RuntimeError, match="not on the expected device"):
        x + far
    with pytest.raises(RuntimeError, match="not on the expected device"):
        x + far[0]  # the other way round, a 0-d tensor does not mix
    assert (2 * far).device == (torch.tensor(2.0) + far).device == far.device
    assert far[torch.tensor([0])].device == far.device
    assert torch.device("cuda") != torch.device("cuda:0")
    assert torch.device("cuda").type == torch.device("cuda:0").type
    assert torch.device("cuda:1").index == 1
    for y in (x, far, x.to_sparse(), nn.Parameter(x), x[:0], x[::2]):
        assert y.to(y.device) is y
    assert x.cpu() is x
    assert x.to("cpu", copy=True).data_ptr() != x.data_ptr()


@pytest.mark.claim(
    "tensors/basics#device-transfer",
    "or it raises Expected all tensors to be on the same device",
    "an index tensor on the CPU can index a tensor on the GPU",
)
def test_device_transfer_mixing_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    x, gpu = torch.ones(2), torch.ones(2, device="cuda")
    for operation in (torch.add, torch.dot, lambda a, b: torch.stack([a, b])):
        with pytest.raises(RuntimeError, match="Expected all tensors to be on the same device"):
            operation(x, gpu)
    assert (torch.tensor(2.0) * gpu).is_cuda
    assert gpu[torch.tensor([1, 0])].is_cuda and gpu[x > 0].is_cuda
    assert gpu.to("cuda") is gpu.to(gpu.device) is gpu


@pytest.mark.claim(
    "tensors/basics#device-transfer",
    "model.to() moves parameters and buffers",
    "A plain attribute such as self.mask = torch.ones(4) stays where it is",
)
def test_device_transfer_of_a_module():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.BatchNorm1d(4)
            self.mask = torch.ones(4)
            self.register_buffer("kept", torch.ones(4))

    net = Net()
    assert net.to("meta") is net
    moved = [*net.parameters(), *net.buffers(), net.kept]
    assert len(moved) == 2 + 4 + 1 and all(t.is_meta for t in moved)
    assert net.mask.is_cpu


def test_methods_and_inplace(run):
    names = run("tensors/basics/methods_and_inplace.py")
    assert names["x"].tolist() == [0, 4]  # "changes x"
    assert names["y"].tolist() == [0, 2]
    x = torch.tensor([-1.0, 4.0])
    assert torch.equal(torch.clamp(x, min=0), x.clamp(min=0))  # "same result"
    assert x.tolist() == [-1, 4]
    assert x.clamp_(min=0) is x


@pytest.mark.claim(
    "tensors/basics#methods-and-inplace",
    "The underscore does not tell whether memory is shared",
    "x += 1, x[0] = 1, and out=x have no underscore and change x too",
)
def test_methods_and_inplace_alias(run):
    names = run("tensors/basics/methods_and_inplace_alias.py")
    assert names["a"].tolist() == [1, 1] and names["b"].tolist() == [2, 2]
    assert names["m"].data_ptr() == names["t"].data_ptr()
    assert torch.equal(names["t"], names["m"].T) and names["m"][0, 0] == 100
    x = torch.zeros(2)
    alias = x
    x += 1
    x[0] = 5
    assert x is alias and alias.tolist() == [5, 1]
    torch.zeros(2, out=x)
    assert alias.tolist() == [0, 0]


@pytest.mark.claim(
    "tensors/basics#methods-and-inplace",
    "t(), view(), and expand() return views, "
    "and contiguous(), to(), and float() may return the tensor itself",
)
def test_methods_and_inplace_views():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    for view in (x.t(), x.view(4), x.expand(2, 2, 2)):
        assert view.data_ptr() == x.data_ptr() and view._base is x
    assert x.contiguous() is x.to(torch.float32) is x.float() is x
    assert x.t().contiguous().data_ptr() != x.data_ptr()
    for view in (x, x.t(), x.expand(2, 2, 2)):
        assert view.clone().data_ptr() != x.data_ptr()  # "For new memory"


@pytest.mark.claim(
    "tensors/basics#methods-and-inplace",
    "torch.relu_() is a function, while view(), expand(), and item() are only methods "
    "and torch.cat() is only a function",
    "as a method, torch.where(mask, x, y) is x.where(mask, y)",
)
def test_methods_and_inplace_names():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert torch.equal(torch.transpose(x, 0, 1), x.transpose(0, 1))
    assert torch.equal(torch.sum(x), x.sum())
    assert torch.relu_(torch.tensor([-1.0])).item() == 0
    for name in ("view", "expand", "item"):
        assert hasattr(torch.Tensor, name)
        assert not hasattr(torch, name)
    assert hasattr(torch, "cat")
    assert not hasattr(torch.Tensor, "cat")
    mask, y = x > 2, -x
    assert torch.equal(torch.where(mask, x, y), x.where(mask, y))
    assert not torch.equal(torch.where(mask, x, y), y.where(mask, x))


@pytest.mark.claim(
    "tensors/basics#methods-and-inplace",
    "For a leaf tensor w that requires a gradient, w.zero_() and w += 1 raise an error; "
    "under torch.no_grad() they do not",
    "If a value that the backward pass still needs is overwritten in place, "
    "backward() raises modified by an inplace operation",
)
def test_methods_and_inplace_and_gradients():
    w = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        w.zero_()
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        w += 1
    with torch.no_grad():
        w += 1
        assert w.tolist() == [2, 2] and w.requires_grad
        w.zero_()
    needed = w.exp()
    needed += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        needed.sum().backward()
    fine = w.exp() + 1
    fine.sum().backward()
    free = w * 2  # its value is not needed
    free += 1
    free.sum().backward()


def test_creation_functions(run):
    names = run("tensors/basics/creation_functions.py")
    device = names["device"]
    for name in ("zeros", "sevens", "identity", "steps", "points", "like", "new"):
        assert names[name].device.type == device.type
    assert names["zeros"].shape == names["sevens"].shape == (2, 3)
    assert not names["zeros"].any() and (names["sevens"] == 7).all()
    assert torch.equal(names["identity"].cpu(), torch.diag(torch.ones(3)))
    assert names["steps"].tolist() == list(range(0, 10, 2))  # "without 10"
    points = names["points"]
    assert points[0] == 0 and points[-1] == 1  # "with 1"
    assert (names["like"] == 1).all() and not names["new"].any()


@pytest.mark.claim(
    "tensors/basics#creation-functions",
    "Pass device= and dtype= to the creation function: the tensor is created on the device",
    "arange excludes the end, linspace includes it",
)
def test_creation_functions_places_everything(run, monkeypatch):
    # The meta device stands in for a GPU.
    meta = torch.device("meta")
    monkeypatch.setattr(
        torch.accelerator, "current_accelerator", lambda check_available=False: meta
    )
    monkeypatch.setattr(torch.Tensor, "tolist", lambda t: "meta")
    names = run("tensors/basics/creation_functions.py")
    for name in ("zeros", "sevens", "identity", "steps", "points", "like", "new"):
        assert names[name].device == meta
    for make in (torch.eye, torch.rand, torch.randperm, torch.empty, torch.ones, torch.arange):
        made = make(3, dtype=torch.float64, device=meta)
        assert made.dtype == torch.float64 and made.device == meta


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64, torch.int64])
def test_creation_functions_ends(dtype):
    for start, end in ((0, 7), (-3, 4), (2, 100)):
        assert end not in torch.arange(start, end, dtype=dtype)
        points = torch.linspace(start, end, 11, dtype=dtype)
        assert points[0] == start and points[-1] == end


@pytest.mark.claim(
    "tensors/basics#creation-functions",
    "with the same seed, the same calls give the same numbers, whatever is drawn elsewhere",
    "rand is uniform from 0 (included) to 1 (excluded), randint excludes its upper bound, "
    "and randperm(n) holds each of 0 … n − 1 once",
)
def test_creation_functions_random(run):
    torch.manual_seed(1)
    names = run("tensors/basics/creation_functions_random.py")
    torch.manual_seed(2)
    torch.rand(3)
    again = run("tensors/basics/creation_functions_random.py")
    for name in ("uniform", "normal", "labels", "order", "between", "coins"):
        assert torch.equal(names[name], again[name])
    assert names["labels"].dtype == names["order"].dtype == torch.int64
    assert names["uniform"].shape == names["normal"].shape == (2, 3)
    assert names["between"].shape == names["coins"].shape == (8,)
    torch.manual_seed(0)
    torch.rand(2, 3), torch.randn(2, 3), torch.randint(10, (8,)), torch.randperm(8)
    torch.empty(8).uniform_(-1, 1)
    assert torch.equal(names["coins"].cpu(), torch.rand(8) < 0.3) or torch.cuda.is_available()
    assert sorted(names["order"].tolist()) == list(range(8))
    assert names["between"].abs().max() <= 1 and names["between"].min() < 0
    assert names["coins"].dtype == torch.bool
    assert set(torch.randint(3, (200,)).tolist()) == {0, 1, 2}
    assert set(torch.randint(-1, 1, (200,)).tolist()) == {-1, 0}
    # coarse dtypes would round up to 1
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        values = torch.rand(100_000, dtype=dtype)
        assert values.min() >= 0 and values.max() < 1
    assert (torch.rand(100_000, dtype=torch.bfloat16) == 0).any()  # "included"
    share = (torch.rand(10_000, generator=torch.Generator().manual_seed(0)) < 0.3).float().mean()
    assert 0.28 < share < 0.32


def test_creation_functions_random_places_everything(run, monkeypatch):
    devices = []

    def spy(make):
        def made(*args, **kwargs):
            devices.append(kwargs.get("device"))
            return make(*args, **kwargs)

        return made

    for name in ("rand", "randn", "randint", "randperm", "empty"):
        monkeypatch.setattr(torch, name, spy(getattr(torch, name)))
    names = run("tensors/basics/creation_functions_random.py")
    assert len(devices) == 6 and set(devices) == {names["device"]}
    assert names["g"].device.type == names["device"].type


@pytest.mark.claim(
    "tensors/basics#creation-functions",
    'For a tensor on a GPU, make the generator there, torch.Generator(device="cuda"): '
    "one on the CPU raises Expected a 'cuda' device type for generator but found 'cpu'",
    "With the same seed, CPU and GPU draw different numbers",
)
def test_creation_functions_random_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    cpu, gpu = (torch.Generator(d).manual_seed(0) for d in ("cpu", "cuda"))
    with pytest.raises(RuntimeError, match="Expected a 'cuda' device type for generator"):
        torch.rand(2, device="cuda", generator=cpu)
    far = torch.rand(8, device="cuda", generator=gpu)
    assert not torch.equal(torch.rand(8, generator=cpu), far.cpu())


@pytest.mark.claim(
    "tensors/basics#creation-functions",
    "*_like and new_* take the dtype of their source, and fractions are lost without an error: "
    "torch.full_like(ints, 0.5) and ints.new_full((2,), 0.5) are all 0. Add dtype=",
    "torch.rand_like(ints) raises NotImplementedError",
    "The result does not require gradients, even if the source of ones_like does",
)
def test_creation_functions_like():
    ints = torch.tensor([1, 2])
    for made in (torch.full_like(ints, 0.5), ints.new_full((2,), 0.5), ints.new_tensor([0.5])):
        assert made.dtype == torch.int64 and not made.any()
    assert torch.full_like(ints, 0.5, dtype=torch.float32).tolist() == [0.5, 0.5]
    assert ints.new_full((2,), 0.5, dtype=torch.float32).tolist() == [0.5, 0.5]
    for make in (torch.rand_like, torch.randn_like):
        with pytest.raises(NotImplementedError):
            make(ints)
        assert make(ints, dtype=torch.float32).is_floating_point()
    source = torch.zeros(2, requires_grad=True)
    for made in (torch.ones_like(source), source.new_ones(2), torch.rand_like(source)):
        assert not made.requires_grad
    assert torch.ones_like(source, requires_grad=True).requires_grad


@pytest.mark.claim(
    "tensors/basics#creation-functions",
    "Without dtype=, integers give int64 and floats the default dtype: torch.full((2,), 7) "
    "and torch.arange(5) are int64, torch.arange(5.0) is float32",
    "torch.linspace(0, 10, 3) is float32; with an integer dtype, it truncates",
    "zeros, ones, rand, and randn take separate sizes or a tuple. "
    "torch.full(3, 7) and torch.randint(10, 3) raise TypeError",
    "empty holds whatever was in memory",
    "torch.range, which includes the end, is deprecated",
)
def test_creation_functions_arguments():
    assert torch.full((2,), 7).dtype == torch.arange(5).dtype == torch.int64
    assert torch.arange(5.0).dtype == torch.arange(0, 5, 1.0).dtype == torch.float32
    assert torch.full((2,), 7.0).dtype == torch.linspace(0, 10, 3).dtype == torch.float32
    assert torch.linspace(0, 1, 5, dtype=torch.int64).tolist() == [0, 0, 0, 0, 1]
    assert torch.linspace(-1, 0, 5, dtype=torch.int64).tolist() == [-1, 0, 0, 0, 0]
    for make in (torch.zeros, torch.ones, torch.rand, torch.randn, torch.empty):
        assert make(2, 3).shape == make((2, 3)).shape == make(3, 2).T.shape == (2, 3)
    for make, value in ((torch.full, 7), (torch.randint, None)):
        with pytest.raises(TypeError, match="must be tuple of ints"):
            make(3, value) if value else make(10, 3)
    torch.use_deterministic_algorithms(True)  # fills uninitialized memory with NaN
    assert torch.empty(3).isnan().all() and torch.empty_like(torch.ones(2)).isnan().all()
    with pytest.warns(UserWarning, match="deprecated"):
        assert torch.range(0, 3).tolist() == [0, 1, 2, 3]


@pytest.mark.claim(
    "tensors/basics#float-precision",
    "By default, products are computed in float32, while cuDNN convolutions already use TF32",
)
def test_float_precision(run):
    assert torch.get_float32_matmul_precision() == "highest"
    assert torch.backends.cudnn.allow_tf32
    assert torch.backends.cuda.matmul.fp32_precision != "tf32"
    assert torch.backends.cudnn.conv.fp32_precision == "tf32"
    run("tensors/basics/float_precision.py")
    assert not torch.backends.cuda.matmul.allow_tf32 and not torch.backends.cudnn.allow_tf32
    assert torch.backends.cuda.matmul.fp32_precision == "ieee"
    assert torch.backends.cudnn.conv.fp32_precision in ("none", "ieee")
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):  # both readable still
        assert not torch.backends.cudnn.allow_tf32


@pytest.mark.claim(
    "tensors/basics#float-precision",
    '"high" and "medium" are the same on CUDA. They affect only float32, '
    "also on CPUs with native TF32 or bfloat16 products",
)
def test_float_precision_settings():
    for precision, cuda, cpu in (
        ("high", "tf32", "tf32"),
        ("medium", "tf32", "bf16"),
        ("highest", "ieee", "ieee"),
    ):
        torch.set_float32_matmul_precision(precision)
        assert torch.backends.cuda.matmul.fp32_precision == cuda
        assert torch.backends.mkldnn.matmul.fp32_precision == cpu
        assert torch.backends.cudnn.conv.fp32_precision == "tf32"  # another switch
    a, b = torch.randn(64, 64).double(), torch.randn(64, 64).double()
    exact = a @ b
    torch.set_float32_matmul_precision("medium")
    assert torch.equal(a @ b, exact)
    assert (a.float() @ b.float()).dtype == torch.float32  # "The tensors stay float32"


@pytest.mark.claim(
    "tensors/basics#float-precision",
    'After torch.backends.cuda.matmul.fp32_precision = "tf32", '
    "torch.get_float32_matmul_precision() raises RuntimeError, "
    'and after torch.backends.cudnn.conv.fp32_precision = "ieee", '
    "so does reading torch.backends.cudnn.allow_tf32",
)
def test_float_precision_settings_do_not_mix():
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    with pytest.raises(RuntimeError):
        torch.get_float32_matmul_precision()
    torch.backends.cudnn.conv.fp32_precision = "ieee"
    with pytest.raises(RuntimeError):
        assert torch.backends.cudnn.allow_tf32


@pytest.mark.claim(
    "tensors/basics#float-precision",
    "Counting in steps of 1 stops at the number in the last column of the block: in bfloat16, 256 + 1 is 256",
)
def test_float_precision_limits(run):
    names = run("tensors/basics/float_precision_limits.py")
    assert names["info"].dtype == "bfloat16"
    for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
        info = torch.finfo(dtype)
        one, last = torch.tensor(1, dtype=dtype), torch.tensor(2 / info.eps, dtype=dtype)
        assert one.nextafter(2 * one) - one == info.eps  # "gap at 1"
        assert last + 1 == last
        assert last - 1 != last and (last - 2) + 1 != last - 2
    assert torch.tensor(256, dtype=torch.bfloat16) + 1 == 256
    # not "adding 1 changes nothing from there on": a tie may go up
    assert torch.tensor(258, dtype=torch.bfloat16) + 1 == 260
    assert torch.ones(1000, dtype=torch.bfloat16).sum(dtype=torch.float32) == 1000


@pytest.mark.claim(
    "tensors/basics#float-precision",
    "TF32 has the range of float32 and the 10 mantissa bits of float16",
    "they get faster, with about 3 significant digits",
)
def test_float_precision_of_tf32_on_a_gpu():
    if not torch.cuda.is_available() or torch.cuda.get_device_capability() < (8, 0):
        pytest.skip("no GPU with TF32 here")
    x = torch.full((256, 256), 1 + 2**-10, device="cuda") + 2**-13
    one = torch.eye(256, device="cuda")
    assert torch.equal(x @ one, x)
    torch.set_float32_matmul_precision("high")
    assert torch.equal(x @ one, torch.full_like(x, 1 + 2**-10))
    assert ((1e38 * one) @ one).isfinite().all()


@pytest.mark.claim("tensors/basics#float-precision", "Clean up first")
def test_float_precision_to_integer(run):
    names = run("tensors/basics/float_precision_to_integer.py")
    x = names["x"]
    assert x.isnan().any() and x.isinf().any() and (x > 1).any() and (x < 0).any()
    pixels = names["pixels"]
    assert pixels.dtype == torch.uint8 and pixels.tolist() == [128, 255, 0, 0, 255]
    wild = [float("nan"), float("inf"), -float("inf"), 5e4, -5e4, 3.0]
    for source in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        for target in (torch.uint8, torch.int8, torch.int16, torch.int32):
            limits = torch.iinfo(target)
            x = torch.tensor(wild, dtype=source)
            clean = x.double().nan_to_num(0).clamp(limits.min, limits.max)
            expected = [0, limits.max, limits.min, *(int(v) for v in clean[3:].tolist())]
            assert clean.to(target).tolist() == expected


@pytest.mark.claim(
    "tensors/basics#float-precision",
    "No float dtype holds the largest int64: clamp to 2**63 − 1024 in float64",
)
def test_float_precision_to_integer_needs_a_wide_enough_float():
    largest = torch.iinfo(torch.int32).max
    assert torch.tensor(3e9).clamp(max=largest).item() == largest + 1  # "has no 2147483647"
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        assert torch.tensor(2**63 - 1).to(dtype).double().item() != 2**63 - 1
    clamped = torch.tensor(1e30, dtype=torch.float64).clamp(max=2**63 - 1024)
    assert clamped.to(torch.int64).item() == 2**63 - 1024


@pytest.mark.claim(
    "tensors/basics#float-precision",
    "Integers overflow without an error: torch.tensor(2) ** 63 is negative, "
    "and in int32, 2147483647 plus 1 is −2147483648",
    "torch.tensor(2**31, dtype=torch.int32) raises",
)
def test_float_precision_of_integers():
    assert torch.tensor(2) ** 63 < 0
    assert torch.tensor(2**31 - 1, dtype=torch.int32) + 1 == -(2**31)
    with pytest.raises(RuntimeError, match="without overflow"):
        torch.tensor(2**31, dtype=torch.int32)
