import warnings

import pytest
import torch
from torch.nn import functional as F
from torch.testing import assert_close


def test_equality(run):
    names = run("tensors/math/equality.py")
    a, b, ones, one, nan = (names[k] for k in ("a", "b", "ones", "one", "nan"))
    # rounding alone separates them: not equal, but close
    assert not torch.equal(a, b) and torch.allclose(a, b) and torch.equal(b, b.clone())
    assert (a == b).shape == a.shape and (a == b).dtype == torch.bool
    # "It broadcasts before it compares, so different shapes can pass"
    assert ones.shape != one.shape and torch.allclose(ones, one)
    with pytest.raises(AssertionError, match="shape"):
        assert_close(ones, one)
    assert not torch.equal(ones, one)
    assert not torch.equal(nan, nan) and not torch.allclose(nan, nan)
    with pytest.raises(AssertionError):
        assert_close(nan, nan)


def test_equality_asserts_three_times(run, monkeypatch):
    compared, real = [], assert_close
    monkeypatch.setattr(
        torch.testing, "assert_close", lambda *a, **k: compared.append(k) or real(*a, **k)
    )
    run("tensors/math/equality.py")
    assert compared == [{}, {}, {"equal_nan": True}]


def test_equality_dtypes():
    floats, integers = torch.ones(2), torch.ones(2, dtype=torch.int64)
    assert torch.equal(floats, integers)
    assert not torch.equal(floats, torch.ones(2, 1))
    for tolerance in ({}, {"rtol": 0, "atol": 0}):
        with pytest.raises(AssertionError, match="dtype"):
            assert_close(floats, integers, **tolerance)
    with pytest.raises(RuntimeError):
        torch.allclose(floats, floats.double())


def test_equality_exact(run):
    names = run("tensors/math/equality.py")
    with pytest.raises(AssertionError):
        assert_close(names["a"], names["b"], rtol=0, atol=0)


def test_equality_tiny_numbers():
    a, b = torch.tensor(1e-9), torch.tensor(9e-9)
    assert torch.allclose(a, b)
    assert_close(a, b)
    assert not torch.allclose(a, b, rtol=1e-5, atol=0)
    with pytest.raises(AssertionError):
        assert_close(a, b, rtol=1e-5, atol=0)
    with pytest.raises(ValueError, match="either specified or omitted"):
        assert_close(a, b, atol=0)


def test_equality_tolerance_of_the_second_argument():
    a, b = torch.tensor(100.0), torch.tensor(110.0)
    close = {"rtol": 0.095, "atol": 0}
    assert torch.allclose(a, b, **close) and not torch.allclose(b, a, **close)
    assert_close(a, b, **close)
    with pytest.raises(AssertionError):
        assert_close(b, a, **close)


def test_matmul(run):
    names = run("tensors/math/matmul.py")
    x, w, batch, vectors = (names[k] for k in ("x", "w", "batch", "vectors"))
    assert_close(names["y"], torch.mm(x, w))
    assert_close(names["y"][1, 2], (x[1] * w[:, 2]).sum())
    assert torch.equal(names["y"], torch.matmul(x, w))
    for i in range(8):
        assert_close(names["ys"][i], batch[i] @ w)
        assert_close(names["gram"][i], batch[i] @ batch[i].T)
        assert_close(names["products"][i], batch[i] @ vectors[i])
    assert_close(names["gram"], torch.bmm(batch, batch.mT))
    assert names["squares"].shape == x.shape and names["squares"][1, 2] == x[1, 2] ** 2


def test_matmul_mm_and_bmm(run):
    names = run("tensors/math/matmul.py")
    x, w, batch = (names[k] for k in ("x", "w", "batch"))
    with pytest.raises(RuntimeError, match="must be a matrix"):
        torch.mm(batch, w)
    with pytest.raises(RuntimeError, match="must be a 3D tensor"):
        torch.bmm(x, w)
    with pytest.raises(RuntimeError):
        torch.bmm(batch, w[None])
    assert (batch @ w[None]).shape == (8, 2, 4)
    assert (torch.rand(5, 1, 2, 3) @ torch.rand(8, 3, 4)).shape == (5, 8, 2, 4)


def test_matmul_transpose(run):
    batch = run("tensors/math/matmul.py")["batch"]
    with pytest.warns(UserWarning, match="deprecated"):
        batch.T  # noqa: B018
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(batch.mT, batch.transpose(1, 2))


def test_matmul_dtypes():
    with pytest.raises(RuntimeError, match="same dtype"):
        torch.rand(2, 3) @ torch.ones(3, 2, dtype=torch.int64)


def test_matmul_elementwise_broadcasts():
    assert (torch.ones(3, 1) * torch.ones(3)).shape == (3, 3)


def test_matmul_batch_of_vectors():
    batch, vectors = torch.rand(3, 2, 3), torch.rand(3, 3)
    taken_for_a_matrix = batch @ vectors
    assert_close(taken_for_a_matrix[1], batch[1] @ vectors)
    meant = (batch @ vectors[:, :, None]).squeeze(-1)
    assert_close(meant[1], batch[1] @ vectors[1])
    assert taken_for_a_matrix.shape != meant.shape
    with pytest.raises(RuntimeError):
        torch.rand(8, 2, 3) @ torch.rand(8, 3)


def test_pairwise_distance(run):
    names = run("tensors/math/pairwise_distance.py")
    x, y, dist = names["x"], names["y"], names["dist"]
    expected = [[torch.dist(p, q).item() for q in y] for p in x]
    assert dist.tolist() == expected == [[0, 3, 10], [5, 4, 5]]
    # x[0] coincides with y[0]: finite by cdist, NaN by hand, and equal where both are finite
    assert torch.equal(x[0], y[0])
    assert x.grad.isfinite().all() and (x.grad != 0).any()
    assert names["grad"][0].isnan().all()
    assert_close(names["grad"][1], x.grad[1])
    # "builds an intermediate tensor of shape (N, M, D)"
    assert names["diff"].shape == (2, 3, 2)
    assert_close(names["by_hand"], dist)


def test_pairwise_distance_to_itself():
    x = torch.rand(5, 3, requires_grad=True)
    torch.cdist(x, x).sum().backward()
    assert x.grad.isfinite().all()


def test_pairwise_distance_squared(run):
    names = run("tensors/math/pairwise_distance.py")
    x, y = names["x"], names["y"]
    squared = (x[:, None, :] - y).pow(2).sum(dim=2)
    assert torch.equal(squared.argsort(dim=1), names["dist"].argsort(dim=1))
    (grad,) = torch.autograd.grad(squared.sum(), x)
    assert grad.isfinite().all()


def test_pairwise_distance_row_by_row():
    x = torch.rand(4, 3)
    y = x + 1
    assert_close(F.pairwise_distance(x, y), torch.full((4,), 3**0.5))
    assert (F.pairwise_distance(x, x) > 0).all()
    assert torch.cdist(x, x).diagonal().eq(0).all()


def test_pairwise_distance_precision(run):
    names = run("tensors/math/pairwise_distance_precision.py")
    x, truth, fast, exact = (names[k] for k in ("x", "truth", "fast", "exact"))
    assert x.shape == (30, 1) and truth.shape == (30, 30)
    assert truth[0, 29] == 1 and truth[7, 7] == 0
    error = (fast - truth).abs().max()
    assert error > 0.01 and (exact - truth).abs().max() < 1e-6
    # "With more than 25 points on either side"
    assert_close(torch.cdist(x[:25], x[:25]), truth[:25, :25], rtol=0, atol=1e-6)
    for rows, columns in ((26, 2), (2, 26)):
        part = torch.cdist(x[:rows], x[:columns]) - truth[:rows, :columns]
        assert part.abs().max() > 1e-3
    # "subtract the same mean from both sets first"
    centered = x - x.mean(dim=0)
    assert_close((centered - centered.T).abs(), truth, rtol=0, atol=1e-5)
    assert (torch.cdist(centered, centered) - truth).abs().max() < error / 10
    y = x + 0.01
    far = (torch.cdist(x, y) - (x - y.T).abs()).abs().max()
    near = (torch.cdist(centered, y - x.mean(dim=0)) - (x - y.T).abs()).abs().max()
    assert near < far / 10
