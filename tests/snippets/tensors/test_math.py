import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close
from torch.utils.flop_counter import FlopCounterMode

READER = {
    "equality": "a = torch.tensor([0.1, 0.7]); b = a + 1e-7",
    "matmul": """
x, w, v = torch.rand(2, 3), torch.rand(3, 4), torch.rand(3)
batch, vectors = torch.rand(8, 2, 3), torch.rand(8, 3)
""",
    "pairwise_distance": "x, y = torch.rand(100, 16), torch.rand(500, 16)",
    "reductions": "x = torch.rand(8, 5, 16)",
    "einsum": """
a, b, u, v = torch.rand(2, 3), torch.rand(3, 4), torch.rand(3), torch.rand(4)
x, y = torch.rand(8, 5), torch.rand(8, 5)
batch, square, weight = torch.rand(8, 2, 3), torch.rand(3, 3), torch.rand(6, 3)
q, k = torch.rand(8, 4, 10, 16), torch.rand(8, 4, 12, 16)
""",
    "numerical_stability": """
logits, scores, labels = torch.randn(8, 3), torch.randn(8), torch.ones(8)
rate, x = torch.rand(8), torch.rand(8, 4)
""",
}
NAN = torch.tensor([float("nan")])


@pytest.mark.claim(
    "tensors/math#equality",
    "says whether shapes and values agree, and torch.allclose allows for rounding",
    "it says what differs and by how much",
)
def test_equality(run):
    names = run("tensors/math/equality.py")
    a, b = names["a"], names["b"]
    # rounding alone separates them
    assert not torch.equal(a, b) and torch.allclose(a, b) and torch.equal(b, b.clone())
    assert not torch.equal(torch.ones(2), torch.ones(2, 1))
    assert not torch.equal(torch.ones(0, 3), torch.ones(0, 2))
    assert torch.equal(torch.ones(2, 3), torch.ones(3, 2).T)  # strides do not count
    assert torch.isclose(a, b).tolist() == [True, True]
    with pytest.raises(AssertionError) as error:
        assert_close(torch.tensor([1.0, 2.1]), torch.tensor([1.0, 2.0]))
    assert "Mismatched elements: 1 / 2" in str(error.value)
    assert "Greatest absolute difference: 0.09" in str(error.value)


def test_equality_asserts_once(run, monkeypatch):
    compared = []
    monkeypatch.setattr(torch.testing, "assert_close", lambda *a: compared.append(a))
    names = run("tensors/math/equality.py")
    ((a, b),) = compared
    assert a is names["a"] and b is names["b"]


@pytest.mark.claim(
    "tensors/math#equality",
    "assert_close also compares dtype and device; turn that off with check_dtype=False and "
    "check_device=False. For equal values, pass rtol=0, atol=0",
    "It takes lists and dictionaries too: assert_close(model.state_dict(), other.state_dict())",
)
def test_equality_assert_close():
    floats, integers = torch.ones(2), torch.ones(2, dtype=torch.int64)
    for tolerance in ({}, {"rtol": 0, "atol": 0}):
        with pytest.raises(AssertionError, match="'dtype'"):
            assert_close(floats, integers, **tolerance)
    assert_close(floats, integers, check_dtype=False)
    assert_close(floats, floats + 1e-6)
    with pytest.raises(AssertionError):
        assert_close(floats, floats + 1e-6, rtol=0, atol=0)
    with pytest.raises(AssertionError, match="'device'"):
        assert_close(floats, floats.to("meta"))
    assert_close(floats, floats.to("meta"), check_device=False)
    assert_close([floats, integers], (floats, integers))
    model, other = nn.Linear(2, 2), nn.Linear(2, 2)
    with pytest.raises(AssertionError, match="bias"):
        assert_close(model.state_dict(), other.state_dict())
    other.load_state_dict(model.state_dict())
    assert_close(model.state_dict(), other.state_dict())


@pytest.mark.claim(
    "tensors/math#equality",
    "torch.equal promotes different dtypes first: an int64 1 equals a float32 1. For different "
    "dtypes, allclose raises, for example, Float did not match Double: convert both, as in "
    "allclose(a.double(), b.double())",
)
def test_equality_dtypes():
    ones = torch.ones(2)
    for dtype in (torch.int64, torch.bool, torch.float64, torch.bfloat16, torch.complex64):
        assert torch.equal(ones, ones.to(dtype))
    # "promotes": 16777217 becomes a float32; 0.1 is another number in float64
    assert torch.equal(torch.tensor(16777217), torch.tensor(16777216.0))
    assert not torch.equal(torch.tensor(0.1), torch.tensor(0.1, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="Float did not match Double"):
        torch.allclose(ones, ones.double())
    for dtype in (torch.int64, torch.float64, torch.bfloat16):
        with pytest.raises(RuntimeError, match="did not match"):
            torch.allclose(ones.to(dtype), ones)
        assert torch.allclose(ones.to(dtype).double(), ones.double())


@pytest.mark.claim(
    "tensors/math#equality",
    "NaN equals nothing, itself included. To let two of them match, pass equal_nan=True to "
    "allclose, isclose, or assert_close",
)
def test_equality_nan():
    assert not torch.equal(NAN, NAN) and not torch.allclose(NAN, NAN) and not (NAN == NAN).any()
    with pytest.raises(AssertionError):
        assert_close(NAN, NAN)
    assert torch.allclose(NAN, NAN, equal_nan=True)
    assert torch.isclose(NAN, NAN, equal_nan=True).all()
    assert_close(NAN, NAN, equal_nan=True)


@pytest.mark.claim(
    "tensors/math#equality",
    "two neighboring bfloat16 or float16 numbers near 1 are not close to it. assert_close takes "
    "its tolerance from the dtype",
)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_equality_half_precision(dtype):
    one = torch.ones(1, dtype=dtype)
    neighbor = one + torch.finfo(dtype).eps
    assert neighbor != one and not torch.allclose(one, neighbor)
    assert_close(one, neighbor)
    with pytest.raises(AssertionError):
        assert_close(one.float(), neighbor.float())


@pytest.mark.claim(
    "tensors/math#equality",
    "1e-9 and 9e-9 count as close in both. Give your own rtol, with atol=0",
)
def test_equality_tiny_numbers():
    a, b = torch.tensor(1e-9), torch.tensor(9e-9)
    assert torch.allclose(a, b)
    assert_close(a, b)
    assert not torch.allclose(a, b, rtol=1e-5, atol=0)
    with pytest.raises(AssertionError):
        assert_close(a, b, rtol=1e-5, atol=0)
    with pytest.raises(ValueError, match="either specified or omitted"):
        assert_close(a, b, atol=0)


@pytest.mark.claim(
    "tensors/math#equality",
    "The relative tolerance is a share of the second argument: put the expected value there",
)
def test_equality_tolerance_of_the_second_argument():
    a, b = torch.tensor(100.0), torch.tensor(110.0)
    close = {"rtol": 0.095, "atol": 0}
    assert torch.allclose(a, b, **close) and not torch.allclose(b, a, **close)
    assert_close(a, b, **close)
    with pytest.raises(AssertionError):
        assert_close(b, a, **close)


@pytest.mark.claim(
    "tensors/math#equality",
    "It broadcasts before it compares, so different shapes can pass: "
    "torch.allclose(torch.ones(3, 4), torch.tensor(1.0)) is True",
)
def test_equality_broadcasts():
    ones, one = torch.ones(3, 4), torch.tensor(1.0)
    assert torch.allclose(ones, one) and torch.allclose(torch.ones(0), one)
    assert not torch.equal(ones, one)
    with pytest.raises(AssertionError, match="'shape'"):
        assert_close(ones, one)


@pytest.mark.claim(
    "tensors/math#matmul",
    "it multiplies the last two dimensions, and those before them are the batch and broadcast. * "
    "multiplies element by element",
)
def test_matmul(run):
    names = run("tensors/math/matmul.py")
    x, w, v, batch, vectors = (names[k] for k in ("x", "w", "v", "batch", "vectors"))
    assert names["y"].shape == (2, 4)
    assert_close(names["y"][1, 2], (x[1] * w[:, 2]).sum())
    assert torch.equal(names["y"], torch.matmul(x, w))
    assert_close(names["u"], (x * v).sum(dim=1))
    for i in range(8):
        assert_close(names["ys"][i], batch[i] @ w)
        assert_close(names["gram"][i], batch[i] @ batch[i].T)
        assert_close(names["us"][i], batch[i] @ vectors[i])
    assert (torch.rand(5, 1, 2, 3) @ torch.rand(8, 3, 4)).shape == (5, 8, 2, 4)
    assert (x * x)[1, 2] == x[1, 2] ** 2


@pytest.mark.claim(
    "tensors/math#matmul",
    "A 1-D tensor counts as a row on the left and as a column on the right, and that dimension is "
    "gone from the result: v @ v is 0-D",
    "For the dot product of each row with its partner, write (a * b).sum(-1)",
)
def test_matmul_1d():
    v, x, batch = torch.rand(3), torch.rand(3, 4), torch.rand(8, 2, 3)
    assert (v @ v).shape == ()
    assert_close(v @ x, (v[None] @ x)[0])
    assert_close(batch @ v, (batch @ v[:, None])[..., 0])
    assert (torch.rand(2) @ batch).shape == (8, 3)
    a, b = torch.rand(8, 3), torch.rand(8, 3)
    assert_close((a * b).sum(-1), torch.stack([p @ q for p, q in zip(a, b, strict=True)]))


@pytest.mark.claim(
    "tensors/math#matmul",
    "takes 2-D tensors, torch.bmm 3-D tensors, and neither broadcasts. Given a first tensor of "
    "another number of dimensions, torch.bmm raises batch1 must be a 3D tensor: write @",
)
def test_matmul_mm_and_bmm(run):
    names = run("tensors/math/matmul.py")
    x, w, batch = (names[k] for k in ("x", "w", "batch"))
    assert_close(torch.mm(x, w), names["y"])
    assert_close(torch.bmm(batch, batch.mT), names["gram"])
    for wrong in (x[0], batch):
        with pytest.raises(RuntimeError, match="must be a matrix"):
            torch.mm(wrong, w)
    for wrong in (x, x[0], batch[None]):
        with pytest.raises(RuntimeError, match="batch1 must be a 3D tensor"):
            torch.bmm(wrong, w)
    with pytest.raises(RuntimeError):
        torch.bmm(batch, w[None])
    assert (batch @ w[None]).shape == (8, 2, 4)


@pytest.mark.claim(
    "tensors/math#matmul",
    ".T is deprecated for 3-D tensors and reverses all dimensions",
)
def test_matmul_transpose(run):
    batch = run("tensors/math/matmul.py")["batch"]
    with pytest.warns(UserWarning, match="deprecated"):
        assert batch.T.shape == (3, 2, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(batch.mT, batch.transpose(1, 2))


@pytest.mark.claim(
    "tensors/math#matmul",
    "Outside autocast, both sides need the same dtype. Two matrices of different dtypes raise "
    "expected m1 and m2 to have the same dtype: convert both, as in a.float() @ b.float()",
)
@pytest.mark.parametrize("other", [torch.int64, torch.float64, torch.bfloat16, torch.complex64])
def test_matmul_dtypes(other):
    x, w = torch.rand(2, 3), torch.ones(3, 2, dtype=other)
    with pytest.raises(RuntimeError, match="expected m1 and m2 to have the same dtype"):
        x @ w
    for a, b in ((x, w[:, 0]), (x[0], w[:, 0]), (x[None], w[None])):
        with pytest.raises(RuntimeError):
            a @ b
    if other == torch.bfloat16:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert (x @ w).dtype == torch.bfloat16


@pytest.mark.claim("tensors/math#matmul", "* broadcasts too: (3, 1) times (3,) is (3, 3)")
def test_matmul_elementwise_broadcasts():
    assert (torch.ones(3, 1) * torch.ones(3)).shape == (3, 3)


@pytest.mark.claim(
    "tensors/math#matmul",
    "On CUDA, float32 products are computed in float32 by default",
)
def test_matmul_precision():
    assert torch.get_float32_matmul_precision() == "highest"
    x = torch.rand(2, 2)
    torch.set_float32_matmul_precision("high")  # "the result stays float32"
    assert (x @ x).dtype == torch.float32


@pytest.mark.claim(
    "tensors/math#matmul",
    "batch @ vectors takes vectors for one matrix. If b equals n, it raises nothing and the result "
    "is wrong",
)
def test_matmul_batch_of_vectors():
    batch, vectors = torch.rand(3, 2, 3), torch.rand(3, 3)
    taken_for_a_matrix = batch @ vectors
    assert_close(taken_for_a_matrix[1], batch[1] @ vectors)
    meant = (batch @ vectors[:, :, None]).squeeze(-1)
    assert_close(meant[1], batch[1] @ vectors[1])
    assert taken_for_a_matrix.shape != meant.shape
    with pytest.raises(RuntimeError):
        torch.rand(8, 2, 3) @ torch.rand(8, 3)


@pytest.mark.claim(
    "tensors/math#pairwise-distance",
    "gives the Euclidean distance from each point of x to each point of y. The nearest points are "
    "its argmin or topk",
)
def test_pairwise_distance(run):
    names = run("tensors/math/pairwise_distance.py")
    x, y, dist = names["x"], names["y"], names["dist"]
    truth = (x.double()[:, None] - y.double()).pow(2).sum(-1).sqrt()
    assert dist.shape == (100, 500)
    assert_close(dist.double(), truth, rtol=0, atol=1e-3)
    assert torch.equal(names["nearest"], dist.argmin(dim=1))
    assert torch.equal(names["indices"][:, 0], dist.min(dim=1).indices)
    assert torch.equal(names["values"], dist.sort(dim=1).values[:, :5])
    assert torch.equal(dist.gather(1, names["indices"]), names["values"])
    assert_close(names["cosine"][3, 7], F.cosine_similarity(x[3], y[7], dim=0))


@pytest.mark.claim(
    "tensors/math#pairwise-distance",
    "builds a tensor of shape (N, M, D) first, and its gradient is NaN where two points coincide. "
    "That of cdist is finite there",
)
@pytest.mark.parametrize("points", [2, 40])
@pytest.mark.parametrize("offset", [0, 100])
@pytest.mark.parametrize("mode", ["use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"])
def test_pairwise_distance_gradient(points, offset, mode):
    x = (torch.rand(points, 3) + offset).requires_grad_()
    y = torch.cat([x.detach()[:1], torch.rand(4, 3)])
    (by_hand,) = torch.autograd.grad((x[:, None] - y).pow(2).sum(-1).sqrt().sum(), x)
    assert by_hand[0].isnan().all() and by_hand[1:].isfinite().all()
    for other in (y, x):
        for dist in (torch.cdist(x, other), torch.cdist(x, other, compute_mode=mode)):
            (grad,) = torch.autograd.grad(dist.sum(), x)
            assert grad.isfinite().all()


@pytest.mark.claim(
    "tensors/math#pairwise-distance",
    "Within one set, each point is its own nearest neighbor. Without gradients, call "
    "dist.fill_diagonal_(torch.inf) on torch.cdist(x, x) first",
)
def test_pairwise_distance_within_one_set():
    x = torch.rand(10, 3, requires_grad=True)
    dist = torch.cdist(x, x)
    assert dist.argmin(dim=1).tolist() == list(range(10))
    truth = [
        min((j for j in range(10) if j != i), key=lambda j, i=i: dist[i, j]) for i in range(10)
    ]
    with torch.no_grad():
        assert torch.cdist(x, x).fill_diagonal_(torch.inf).argmin(dim=1).tolist() == truth
    with pytest.raises(RuntimeError, match="inplace operation"):
        dist.fill_diagonal_(torch.inf).amin(dim=1).sum().backward()


@pytest.mark.claim(
    "tensors/math#pairwise-distance",
    "take the rows in parts: for part in x.split(1024)",
    "cdist wants points as rows: for 1-D data, pass x[:, None]",
)
def test_pairwise_distance_rows():
    x, y = torch.rand(50), torch.rand(40)
    with pytest.raises(RuntimeError, match="at least 2D"):
        torch.cdist(x, y)
    dist = torch.cdist(x[:, None], y[:, None])
    assert_close(dist, (x[:, None] - y).abs(), rtol=0, atol=1e-3)
    parts = [torch.cdist(part, y[:, None]) for part in x[:, None].split(16)]
    assert_close(torch.cat(parts), dist, rtol=0, atol=1e-3)


@pytest.mark.claim(
    "tensors/math#pairwise-distance",
    "In half precision, cdist can raise \"cdist\" not implemented for 'Half': convert with float()",
)
def test_pairwise_distance_half_precision():
    x = torch.rand(4, 3).half()
    with pytest.raises(NotImplementedError, match="\"cdist\" not implemented for 'Half'"):
        torch.cdist(x, x)
    assert torch.cdist(x.float(), x.float()).shape == (4, 4)


@pytest.mark.claim(
    "tensors/math#pairwise-distance",
    "pairs row with row. By default it adds an eps, so equal points are not at distance 0",
)
def test_pairwise_distance_row_by_row():
    x = torch.rand(4, 3)
    assert_close(F.pairwise_distance(x, x + 1), torch.full((4,), 3**0.5))
    assert (F.pairwise_distance(x, x) > 0).all()
    assert not F.pairwise_distance(x, x, eps=0).any()
    assert torch.cdist(x, x).diagonal().eq(0).all()


@pytest.mark.claim(
    "tensors/math#pairwise-distance",
    "With more than 25 points on either side, cdist uses matrix multiplication by default. Far "
    "from the origin, the distances between close points then lose their digits",
    "the distances stay, and near the origin the error is smaller",
)
def test_pairwise_distance_precision(run):
    names = run("tensors/math/pairwise_distance_precision.py")
    x, fast, exact = names["x"], names["fast"], names["exact"]
    truth = (x.double()[:, None] - x.double()).pow(2).sum(-1).sqrt().float()
    error = (fast - truth).abs().max()
    assert error > 0.01 and fast.diagonal().any()
    assert_close(exact, truth, rtol=0, atol=1e-5)
    assert not exact.diagonal().any()
    # on either side
    assert_close(torch.cdist(x[:25], x[:25]), truth[:25, :25], rtol=0, atol=1e-5)
    for rows, columns in ((26, 2), (2, 26)):
        part = torch.cdist(x[:rows], x[:columns]) - truth[:rows, :columns]
        assert part.abs().max() > 1e-3
    # the same point from both sets
    center = x.mean(dim=0)
    assert (torch.cdist(x - center, x - center) - truth).abs().max() < error / 5
    y = x + 0.01
    far = (torch.cdist(x, y) - torch.cdist(x.double(), y.double())).abs().max()
    near = torch.cdist(x - center, y - center) - torch.cdist(x.double(), y.double())
    assert near.abs().max() < far / 5


def address(tensor):
    return tensor.untyped_storage().data_ptr()


def gradient(function, *values):
    x = torch.tensor(values, requires_grad=True)
    return torch.autograd.grad(function(x).sum(), x)[0].tolist()


@pytest.mark.claim(
    "tensors/math#reductions",
    "dim names the dimension that vanishes. With keepdim=True, it stays with size 1",
)
def test_reductions(run, monkeypatch):
    names = run("tensors/math/reductions.py")
    x = names["x"]
    assert_close(names["mean"][3, 7], x[3, :, 7].mean())
    assert_close(names["centered"].mean(dim=-1), torch.zeros(8, 5))
    assert_close(x - names["centered"], x.mean(dim=-1, keepdim=True).expand_as(x))
    assert torch.equal(names["values"], x.amax(dim=1))
    assert torch.equal(x.take_along_dim(names["indices"][:, None], dim=1)[:, 0], names["values"])
    assert torch.equal(names["peaks"], x.flatten(1).amax(dim=1))
    assert_close(names["std"], torch.tensor(np.std(x.numpy(), axis=0)))
    assert_close(names["norms"], x.square().sum(dim=-1).sqrt())
    assert_close(names["running"][:, -1], x.sum(dim=1))
    assert_close(names["running"][:, 1], x[:, 0] + x[:, 1])
    assert names["finite"].all() and names["finite"].shape == (8, 5)
    for value, finite in ((0.0, True), (torch.nan, False), (torch.inf, False)):
        with monkeypatch.context() as patch:
            patch.setattr(torch, "rand", lambda *shape, value=value: torch.full(shape, value))
            names = run("tensors/math/reductions.py")
        assert names["finite"].all() == finite == names["finite"].any()
    for dim in range(-3, 3):
        shape = list(x.shape)
        shape[dim] = 1
        assert list(x.sum(dim=dim, keepdim=True).shape) == shape
        del shape[dim]
        assert list(x.sum(dim=dim).shape) == shape


@pytest.mark.claim(
    "tensors/math#reductions",
    "set what does not count to 0, and divide by the number of what counts. For an x of shape "
    "(N, T, D), write ~mask[..., None]",
    "x * mask is no replacement for masked_fill: NaN and inf times 0 are NaN",
)
def test_reductions_masked(run):
    names = run("tensors/math/reductions_masked.py")
    x, mask = names["x"], names["mask"]
    assert names["mean"].tolist() == [3, 4, 0]
    assert mask.sum(dim=1).tolist() == names["lengths"].tolist() == [3, 1, 0]
    assert mask[1].tolist() == [True, False, False]
    assert (x * mask).sum(dim=1).isnan().tolist() == [False, True, True]
    assert (torch.tensor(torch.inf) * torch.tensor(False)).isnan()
    # three dimensions, a row without anything, and gradients
    x = torch.rand(4, 5, 3)
    mask = torch.arange(5) < torch.tensor([5, 3, 1, 0])[:, None]
    x[1, 4] = torch.nan
    x.requires_grad_()
    mean = x.masked_fill(~mask[..., None], 0).sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(
        min=1
    )
    expected = [x[i, :n].mean(dim=0) for i, n in enumerate((5, 3, 1))]
    assert_close(mean[:3], torch.stack(expected))
    assert not mean[3].any()
    mean.sum().backward()
    assert x.grad.isfinite().all() and not x.grad[~mask].any()


@pytest.mark.claim(
    "tensors/math#reductions",
    "returns a pair of values and indices, and takes one dimension, as do argmax, prod, median, and "
    "cumsum. Among equal maxima, max(dim=…) sends the gradient to one, amax to all in equal shares",
    "median takes the lower of two middle values; quantile(0.5) takes their mean. argmax() without "
    "dim is an index into the flattened tensor",
)
def test_reductions_max_and_median():
    x = torch.rand(2, 3, 4)
    for name in ("max", "argmax", "prod", "median", "cumsum"):
        getattr(x, name)(dim=1)
        with pytest.raises(TypeError):
            getattr(x, name)(dim=(1, 2))
    for name in ("sum", "mean", "std", "var", "amax", "all", "any", "logsumexp", "nansum"):
        assert getattr(x, name)(dim=(1, 2)).shape == (2,)
    with pytest.raises(TypeError):
        x.max(dim=1) + 1
    assert sorted(gradient(lambda t: t.max(dim=0).values, 1.0, 3.0, 3.0)) == [0, 0, 1]
    assert gradient(lambda t: t.amax(dim=0), 1.0, 3.0, 3.0) == [0, 0.5, 0.5]
    numbers = torch.tensor([4.0, 1.0, 3.0, 2.0])
    assert numbers.median() == 2 and numbers.quantile(0.5) == 2.5
    position = x.argmax()
    assert x.flatten()[position] == x.max() == x[torch.unravel_index(position, x.shape)]


@pytest.mark.claim(
    "tensors/math#reductions",
    "divide by N − 1 by default, NumPy and nn.LayerNorm by N. For a single element, std() and var() "
    "are NaN and warn degrees of freedom is <= 0: pass correction=0, which gives 0",
)
def test_reductions_std():
    x = torch.rand(7, 5)
    deviations = (x - x.mean(dim=0)).square().sum(dim=0)
    assert_close(x.var(dim=0), deviations / 6)
    assert_close(x.var(dim=0, correction=0), deviations / 7)
    assert_close(x.std(dim=0, correction=0), torch.tensor(np.std(x.numpy(), axis=0)))
    normal = (x - x.mean(dim=1, keepdim=True)) / x.std(dim=1, correction=0, keepdim=True)
    assert_close(nn.LayerNorm(5, eps=0)(x).detach(), normal)
    for name in ("std", "var"):
        with pytest.warns(UserWarning, match="degrees of freedom is <= 0"):
            assert getattr(torch.ones(1), name)().isnan()
        assert getattr(torch.ones(1), name)(correction=0) == 0


@pytest.mark.claim(
    "tensors/math#reductions",
    "The mean of integers or booleans raises mean(): could not infer output dtype: convert "
    "first, as for accuracy, (pred == target).float().mean()",
    "Sums of integers and booleans are int64. A sum of float16 stays float16, which ends at 65504, "
    "and can become inf: pass dtype=torch.float32",
)
def test_reductions_dtypes():
    integers = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool)
    for dtype in integers:
        x = torch.ones(300).to(dtype)
        with pytest.raises(RuntimeError) as error:
            x.mean()
        assert "mean(): could not infer output dtype" in str(error.value)
        assert x.sum().dtype == torch.int64 and x.sum() == 300
    pred, target = torch.tensor([1, 2, 0, 1]), torch.tensor([1, 2, 2, 2])
    assert (pred == target).float().mean() == 0.5
    half = torch.ones(70000, dtype=torch.float16)
    assert half.sum().isinf() and half.sum().dtype == torch.float16
    assert half.sum(dtype=torch.float32) == 70000 and half.mean() == 1
    assert torch.finfo(torch.float16).max == 65504
    assert torch.ones(10).half().sum() == 10  # "can", not "does"


@pytest.mark.claim(
    "tensors/math#reductions",
    "One NaN makes sum, mean, std, max, and median NaN; nansum and nanmean skip it. On an empty "
    "tensor, sum is 0, mean is NaN, and max() raises",
    "The mean of the means of batches is the mean of all only if the batches have one size",
)
def test_reductions_nan_and_nothing():
    for values in ([1.0, torch.nan, 3.0], [torch.nan, 1.0, 3.0], [1.0, 3.0, torch.nan]):
        x = torch.tensor(values)
        for name in ("sum", "mean", "std", "max", "median"):
            assert getattr(x, name)().isnan()
        assert x.nansum() == 4 and x.nanmean() == 2
    empty = torch.ones(0)
    assert empty.sum() == 0 and empty.mean().isnan()
    with pytest.raises(RuntimeError, match="numel"):
        empty.max()
    assert torch.ones(0, 3).max(dim=1).values.shape == (0,)  # "max()": along a full dim, it works
    x = torch.arange(10.0)
    means = lambda size: torch.stack([part.mean() for part in x.split(size)]).mean()  # noqa: E731
    assert means(5) == x.mean() == 4.5 and means(4) != 4.5


def test_reductions_norm_is_called_deprecated():
    assert "torch.norm is deprecated" in torch.norm.__doc__
    x = torch.rand(3, 4)
    assert_close(torch.linalg.vector_norm(x, dim=1), x.square().sum(dim=1).sqrt())


@pytest.mark.claim(
    "tensors/math#einsum",
    "equal letters are lined up and multiplied, letters missing after -> are summed, and the rest "
    "come out in the order written there",
)
def test_einsum(run):
    names = run("tensors/math/einsum.py")
    a, b, x, y, u, v = (names[k] for k in "abxyuv")
    batch, square, weight, q, k = (names[n] for n in ("batch", "square", "weight", "q", "k"))
    assert_close(names["ab"], a @ b)
    assert_close(names["gram"], batch @ batch.mT)
    assert_close(names["dots"], (x * y).sum(dim=1))
    assert_close(names["outer"], torch.outer(u, v))
    assert_close(names["trace"], square.trace())
    assert torch.equal(torch.einsum("ii->i", square), square.diagonal())
    assert_close(names["scores"], q @ k.mT)
    assert_close(names["out"], F.linear(batch, weight))
    # the order on the right
    assert_close(torch.einsum("ij,jk->ki", a, b), (a @ b).T)
    assert_close(torch.einsum("ij->", a), a.sum())


def test_einsum_einops(run):
    names = run("tensors/math/einsum_einops.py")
    x, heads, scores = names["x"], names["heads"], names["scores"]
    assert torch.equal(heads, x.unflatten(-1, (4, 16)).transpose(1, 2))
    assert_close(scores, heads @ heads.mT)
    assert torch.equal(names["merged"], x)
    assert torch.equal(names["pooled"], x.amax(dim=1))


@pytest.mark.claim(
    "tensors/math#einsum",
    'Without it, the letters that occur once come out in alphabetical order: torch.einsum("ba", x) '
    "transposes",
    "A letter that stands for two sizes raises "
    "einsum(): subscript j has size 2 for operand 1 which does not broadcast with "
    "previously seen size 3: compare the letters with the shapes. A size of 1 is broadcast and raises nothing",
)
def test_einsum_letters():
    x = torch.rand(2, 3)
    assert torch.equal(torch.einsum("ba", x), x.T)
    assert torch.equal(torch.einsum("ab", x), x)
    assert torch.einsum("ii", torch.eye(3)) == 3
    with pytest.raises(RuntimeError) as error:
        torch.einsum("ij,jk->ik", x, x)
    message = "einsum(): subscript j has size 2 for operand 1 which does not broadcast with"
    assert message in str(error.value)
    single = torch.einsum("ij,jk->ik", torch.ones(2, 1), torch.ones(4, 5))
    assert torch.equal(single, torch.full((2, 5), 4.0))


@pytest.mark.claim(
    "tensors/math#einsum",
    "A sum over a letter that two operands share needs equal dtypes",
)
def test_einsum_dtypes():
    x, vector = torch.rand(3, 3), torch.rand(3).double()
    for equation in ("ij,j->i", "ij,i->j", "ij,j->"):
        with pytest.raises(RuntimeError):
            torch.einsum(equation, x, vector)
    with pytest.raises(RuntimeError):
        torch.einsum("ij,ij->i", x.long(), x)
    # where no shared letter is summed, dtypes are promoted
    for equation in ("ij,j->ij", "ij,k->ijk", "ij,k->k"):
        assert torch.einsum(equation, x, vector).dtype == torch.float64


@pytest.mark.claim(
    "tensors/math#einsum",
    "Three operands or more are contracted from left to right, unless the package opt_einsum is "
    'installed. For a matrix chain and a vector v, "ij,jk,k->i" multiplies the matrices first; '
    '"k,jk,ij->i" does not',
    '"ij->ji" and "ii->i" give views: a write into the result changes the source',
)
def test_einsum_order(monkeypatch):
    monkeypatch.setattr(torch.backends.opt_einsum, "enabled", False)
    a, b, v = torch.rand(40, 40), torch.rand(40, 40), torch.rand(40)
    results, flops = [], []
    for equation, operands in (("ij,jk,k->i", (a, b, v)), ("k,jk,ij->i", (v, b, a))):
        with FlopCounterMode(display=False) as counter:
            results.append(torch.einsum(equation, *operands))
        flops.append(counter.get_total_flops())
    assert_close(results[0], a @ (b @ v))
    assert_close(results[1], results[0])
    assert flops[0] > 40**3 * 2 and flops[1] < flops[0] / 10
    for view in (torch.einsum("ij->ji", a), torch.einsum("ii->i", a)):
        assert address(view) == address(a)
        view.zero_()
    assert not a.any()


@pytest.mark.claim(
    "tensors/math#numerical-stability",
    "Where a root or a division remains, put an eps inside it",
)
def test_numerical_stability(run):
    names = run("tensors/math/numerical_stability.py")
    assert names["log_probs"].tolist() == [[-200, 0]] and names["log_total"] == 200
    assert names["log_p"] == -200 and names["loss"] == 200
    assert_close(names["small"], names["rate"])
    assert_close(names["chance"], names["rate"])
    assert_close(names["rms"], torch.tensor([0.05**0.5, 1e-4]))
    assert_close(names["share"], torch.tensor([[0.25, 0.75], [0, 0]]))
    # the same values as the formulas in the comments, where those do not overflow
    x = torch.linspace(-3, 3, 7, dtype=torch.float64)
    assert_close(F.log_softmax(x, dim=0), x.softmax(0).log())
    assert_close(x.logsumexp(0), x.exp().sum().log())
    assert_close(F.logsigmoid(x), x.sigmoid().log())
    rate = x.exp()
    assert_close(torch.log1p(rate), torch.log(1 + rate))
    assert_close(-torch.expm1(-rate), 1 - torch.exp(-rate))
    # and gradients that are finite
    assert gradient(lambda t: F.log_softmax(t, dim=0)[0], 0.0, 200.0) == [1, -1]
    assert gradient(lambda t: (t.square().mean() + 1e-8).sqrt(), 0.0, 0.0) == [0, 0]


@pytest.mark.claim(
    "tensors/math#numerical-stability",
    "Written step by step, the same formulas overflow or lose their digits, and so do the gradients",
)
def test_numerical_stability_wrong(run):
    x = run("tensors/math/numerical_stability_wrong.py")["x"]
    assert x.softmax(0).log().tolist() == [-torch.inf, 0]
    assert all(np.isnan(gradient(lambda t: t.softmax(0).log()[0], 0.0, 200.0)))
    assert np.isnan(gradient(lambda t: (1 + t.exp()).log(), 200.0)[0])
    assert 1 - torch.exp(torch.tensor(-1e-10)) == 0


@pytest.mark.claim(
    "tensors/math#numerical-stability",
    "From a logit of 17 on, a float32 sigmoid rounds to 1. A wrong prediction then has loss 100 and "
    "gradient 0 in F.binary_cross_entropy; with logits, it has gradient 1",
)
@pytest.mark.parametrize("logit", [17.0, 20.0, 100.0, 200.0])
def test_numerical_stability_bce(logit):
    label = torch.zeros(1)
    wrong = torch.tensor([logit])
    assert wrong.sigmoid() == 1
    assert F.binary_cross_entropy(wrong.sigmoid(), label) == 100
    assert gradient(lambda t: F.binary_cross_entropy(t.sigmoid(), label), logit) == [0]
    assert F.binary_cross_entropy_with_logits(wrong, label) == logit
    assert gradient(lambda t: F.binary_cross_entropy_with_logits(t, label), logit) == [1]


@pytest.mark.claim(
    "tensors/math#numerical-stability",
    "p.clamp(min=1e-8).log() is finite, but below the bound its gradient is 0",
    "The gradient of x.square().sum().sqrt() is NaN for a zero vector. That of "
    "torch.linalg.vector_norm(x) is 0 there, and so is that of x.std() for equal elements",
    "torch.where(x > 0, x.sqrt(), 0) has a NaN gradient where x is 0. Replace the value inside as "
    "well: torch.where(x > 0, torch.where(x > 0, x, 1).sqrt(), 0)",
)
def test_numerical_stability_gradients():
    assert gradient(lambda p: p.clamp(min=1e-8).log(), 0.0, 1e-9, 0.5) == [0, 0, 2]
    assert torch.zeros(1).clamp(min=1e-8).log().isfinite()
    assert all(np.isnan(gradient(lambda x: x.square().sum().sqrt(), 0.0, 0.0)))
    assert gradient(torch.linalg.vector_norm, 0.0, 0.0) == [0, 0]
    assert gradient(lambda x: x.std(), 2.0, 2.0, 2.0) == [0, 0, 0]
    assert all(np.isnan(gradient(lambda x: x.var().sqrt(), 2.0, 2.0, 2.0)))
    assert np.isnan(gradient(lambda x: torch.where(x > 0, x.sqrt(), 0), 0.0)[0])
    safe = lambda x: torch.where(x > 0, torch.where(x > 0, x, 1).sqrt(), 0)  # noqa: E731
    assert gradient(safe, 0.0, 4.0) == [0, 0.25]
    assert safe(torch.tensor([0.0, 4.0])).tolist() == [0, 2]


@pytest.mark.claim(
    "tensors/math#numerical-stability",
    "in float16, 1e-8 is 0, and F.normalize(torch.zeros(3).half(), dim=0) with its default of 1e-12 "
    "is NaN. torch.finfo(x.dtype).tiny is the smallest positive number with full precision",
    "exp is inf from 11.1 on in float16 and from 88.8 on in float32. Under autocast, CUDA computes "
    "exp and log_softmax in float32, the CPU does not",
    "for 10000, 10001, 10002, and 10003, float32 gives 0 in place of 1.25",
)
def test_numerical_stability_dtypes():
    assert torch.tensor(1e-8).half() == 0 and torch.tensor(1e-8).bfloat16() != 0
    assert F.normalize(torch.zeros(3).half(), dim=0).isnan().all()
    assert not F.normalize(torch.zeros(3), dim=0).any()
    assert not F.normalize(torch.zeros(3).half(), dim=0, eps=1e-6).any()
    for dtype, limit in ((torch.float16, 11.1), (torch.float32, 88.8)):
        x = torch.tensor([limit - 0.1, limit, limit + 1], dtype=dtype)
        assert x.exp().isinf().tolist() == [False, True, True]
        tiny = torch.tensor(torch.finfo(dtype).tiny, dtype=dtype)
        spacing = 1 + torch.finfo(dtype).eps
        assert tiny * spacing > tiny  # full precision,
        assert tiny / 2 * spacing == tiny / 2  # which half of it lacks
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = torch.ones(3, dtype=torch.bfloat16)
        assert logits.exp().dtype == F.log_softmax(logits, dim=0).dtype == torch.bfloat16
    x = torch.tensor([10000.0, 10001.0, 10002.0, 10003.0])
    assert x.square().mean() - x.mean() ** 2 == 0 and x.var(correction=0) == 1.25
