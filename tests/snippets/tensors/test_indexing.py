import pytest
import torch
import torch.nn.functional as F

READER = {
    "one_hot": "num_classes, labels = 3, y",
    "where_masked_fill": "y = torch.zeros(8, 4)",
    "topk_sort_unique": "scores, labels = x, y",
    "gather_scatter": """
scores, labels, rows, groups, num_groups = model(x), y, x, y, 3
hidden, steps = torch.rand(8, 5, 4), torch.randint(5, (8, 2))
""",
}


def test_slicing(run):
    names = run("tensors/indexing/slicing.py")
    x = torch.arange(12).reshape(3, 4)
    assert torch.equal(names["rows"], torch.stack([x[2], x[0], x[0]]))
    assert names["large"].tolist() == [9, 10, 11]
    # "assigns to the selected elements", and so to the views taken before
    x = names["x"]
    assert x.tolist() == [[0, 0, 0, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert torch.equal(names["first"], x.select(0, 0))
    assert torch.equal(names["last"], x.select(1, 3))
    assert torch.equal(names["kept"], x.select(1, 3).unsqueeze(1))
    assert torch.equal(names["part"], torch.stack([x[0, 1:], x[1, 1:]]))
    assert torch.equal(names["even"], x.index_select(1, torch.tensor([0, 2])))
    shapes = {k: tuple(names[k].shape) for k in ("first", "last", "kept")}
    assert shapes == {"first": (4,), "last": (3,), "kept": (3, 1)}


@pytest.mark.claim(
    "tensors/indexing#slicing",
    "Integers and slices give views; "
    "lists, one-dimensional index tensors, and boolean masks give copies",
    "... stands for all remaining dimensions, and None inserts one",
)
def test_slicing_views_and_copies(run):
    names = run("tensors/indexing/slicing.py")
    x = names["x"]
    storage = x.untyped_storage().data_ptr()
    for name in ("first", "last", "kept", "part", "even"):
        assert names[name].untyped_storage().data_ptr() == storage
    for view in (x[..., 0], x[:, None], x[1:1], x[-1], x[1, 2]):
        assert view.untyped_storage().data_ptr() == storage
    assert torch.equal(x[..., 0], x[:, 0]) and x[:, None].shape == (3, 1, 4)
    whole = torch.ones_like(x, dtype=torch.bool)
    for index in ([0], [0, 1, 2], torch.tensor([0]), whole, True, (slice(None), [0])):
        assert x[index].untyped_storage().data_ptr() != storage


def test_slicing_masks(run):
    names = run("tensors/indexing/slicing_masks.py")
    scores, labels, rows, cols = (names[k] for k in ("scores", "labels", "rows", "cols"))
    picked = scores[torch.arange(2), labels]
    assert torch.equal(picked, scores.gather(1, labels[:, None])[:, 0])
    assert torch.equal(scores[rows[:, None], cols], scores[rows][:, cols])
    assert not torch.equal(scores[rows, cols], scores[rows][:, cols])
    assert scores[(scores > 1) & (scores < 7)].tolist() == [2, 3, 4]
    assert scores[~(scores > 1)].tolist() == [1]


@pytest.mark.claim(
    "tensors/indexing#slicing",
    "The step of a slice must be positive, so x[::-1] raises an error",
    "torch.flip(), which copies",
    "A slice that runs past the end is cut short; an integer past the end raises IndexError",
    "An index tensor out of range raises IndexError on the CPU",
    "x[[0, 2]] takes two rows, x[0, 2] one element",
)
def test_slicing_limits():
    x = torch.arange(12).reshape(3, 4)
    for step in (-1, 0):
        with pytest.raises(ValueError, match=r"step (must be greater than|cannot be) zero"):
            x[::step]
    flipped = torch.flip(x, [0])
    assert torch.equal(flipped, torch.stack([x[2], x[1], x[0]]))
    assert flipped.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()
    assert x[1:100].shape == (2, 4) and x[100:].shape == (0, 4) and x[-100:1].shape == (1, 4)
    for index in (3, -4, torch.tensor([3]), torch.tensor([-4]), [3]):
        with pytest.raises(IndexError, match="out of bounds"):
            x[index]
    assert x[[0, 2]].shape == (2, 4)
    assert x[0, 2].item() == 2


@pytest.mark.claim(
    "tensors/indexing#slicing",
    "Index tensors are int64 or int32. A uint8 tensor is taken for a mask: "
    "convert it with long() first",
)
def test_slicing_index_dtypes():
    x = torch.arange(12).reshape(3, 4)
    for dtype in (torch.int64, torch.int32):
        assert torch.equal(x[torch.tensor([2, 0], dtype=dtype)], torch.stack([x[2], x[0]]))
    for dtype in (torch.int16, torch.int8, torch.float32):
        with pytest.raises(IndexError, match="tensors used as indices must be"):
            x[torch.tensor([2, 0], dtype=dtype)]
    small = torch.tensor([1, 0, 1], dtype=torch.uint8)
    with pytest.warns(UserWarning, match="uint8 is now deprecated"):
        assert torch.equal(x[small], torch.stack([x[0], x[2]]))
    assert torch.equal(x[small.long()], torch.stack([x[1], x[0], x[1]]))


@pytest.mark.claim(
    "tensors/indexing#slicing",
    "With repeated indices, x[idx] += 1 adds only once per position",
)
def test_slicing_repeated_indices():
    x = torch.zeros(3)
    x[torch.tensor([0, 0, 2])] += 1
    assert x.tolist() == [1, 0, 1]


@pytest.mark.claim(
    "tensors/indexing#slicing",
    "(x > 1) and (x < 7) raises Boolean value of Tensor with more than one value is ambiguous: "
    "write (x > 1) & (x < 7)",
    "More indices than dimensions raise too many indices for tensor of dimension 1",
)
def test_slicing_conditions():
    x = torch.arange(12.0).reshape(3, 4)
    with pytest.raises(RuntimeError, match="Boolean value of Tensor with more than one value is a"):
        assert (x > 1) and (x < 7)
    assert x[(x > 1) & (x < 7)].tolist() == [2, 3, 4, 5, 6]
    with pytest.raises(IndexError, match="too many indices for tensor of dimension 1"):
        x.flatten()[:, 0]


@pytest.mark.claim(
    "tensors/indexing#slicing",
    "x[mask][0] = 1 does not change x, because x[mask] is already a copy",
    "x[mask] = 1 for all selected elements, x[tuple(mask.nonzero()[0])] = 1 for the first alone",
)
@pytest.mark.parametrize("shape", [(6,), (2, 3)], ids=["1-D", "2-D"])
def test_slicing_chained_assignment(shape):
    source = torch.arange(6).reshape(shape)
    mask = source > 2
    x = source.clone()
    x[mask][0] = 1
    assert torch.equal(x, source)
    x[tuple(mask.nonzero()[0])] = 1
    assert x.flatten().tolist() == [0, 1, 2, 1, 4, 5]
    x[mask] = 1
    assert x.flatten().tolist() == [0, 1, 2, 1, 1, 1]


@pytest.mark.claim(
    "tensors/indexing#nonzero",
    "torch.nonzero() gives coordinates, torch.count_nonzero() a count",
    "torch.nonzero(x) is a tensor of shape (count, x.ndim), not an index",
)
def test_nonzero(run):
    names = run("tensors/indexing/nonzero.py")
    x, count = names["x"], names["count"]
    places = [(r, c) for r, row in enumerate(x.tolist()) for c, v in enumerate(row) if v]
    assert [tuple(p) for p in names["coordinates"].tolist()] == places
    assert names["coordinates"].shape == (count, x.ndim)
    assert len(names["index"]) == x.ndim
    assert all(i.shape == (count,) for i in names["index"])
    assert names["values"].tolist() == [x[p].item() for p in places]
    assert torch.equal(names["values"], x[names["index"]])  # "the same"
    assert count == len(places)
    assert names["per_row"].tolist() == [sum(v != 0 for v in row) for row in x.tolist()]
    assert all(x[r, c] == 0 for r, c in names["zeros"].tolist())
    assert len(names["zeros"]) == x.numel() - count != count
    for other in (torch.tensor(5), torch.tensor(0), torch.zeros(2, 0), torch.ones(1, 2, 3)):
        assert torch.nonzero(other).shape == (torch.count_nonzero(other), other.ndim)


@pytest.mark.claim(
    "tensors/indexing#nonzero",
    "x[torch.nonzero(x)] takes every coordinate for a row number. Add as_tuple=True",
)
def test_nonzero_is_no_index():
    x = torch.eye(3)
    places = torch.nonzero(x)
    assert x[places].shape == (3, 2, 3)
    assert torch.equal(x[places][1, 0], x[places[1, 0]])
    assert x[torch.nonzero(x, as_tuple=True)].tolist() == [1, 1, 1]
    with pytest.raises(IndexError, match="out of bounds"):
        torch.ones(2, 7)[torch.nonzero(torch.ones(2, 7))]


@pytest.mark.claim("tensors/indexing#nonzero", "nan counts as non-zero, -0.0 does not")
def test_nonzero_counts_nan():
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        x = torch.tensor([0.0, float("nan"), -0.0], dtype=dtype)
        assert torch.nonzero(x).tolist() == [[1]]
        assert torch.count_nonzero(x) == 1


def test_one_hot(run):
    names = run("tensors/indexing/one_hot.py")
    labels, one_hot = names["labels"], names["one_hot"]
    assert one_hot.shape == (len(labels), names["num_classes"])
    assert (one_hot.sum(dim=1) == 1).all()
    assert torch.equal(one_hot.argmax(dim=1), labels)
    assert one_hot.dtype == torch.int64
    assert names["targets"].dtype == torch.float32
    assert torch.equal(names["targets"], one_hot.float())
    # the last class does not occur: without num_classes its column would be missing
    assert labels.max() < names["num_classes"] - 1


@pytest.mark.claim(
    "tensors/indexing#one-hot",
    "Without it, the largest label of the batch plus 1 is used, "
    "so the number of columns can vary from batch to batch",
)
def test_one_hot_without_the_number_of_classes():
    for labels, columns in (([0, 2], 3), ([1, 1], 2), ([5], 6)):
        assert F.one_hot(torch.tensor(labels)).shape[1] == max(labels) + 1 == columns


@pytest.mark.claim("tensors/indexing#one-hot", "F.cross_entropy() takes class indices directly")
def test_one_hot_targets_are_floats(run):
    names = run("tensors/indexing/one_hot.py")
    logits = torch.randn(4, 4)
    with pytest.raises(RuntimeError, match="floating point type for target"):
        F.cross_entropy(logits, names["one_hot"])
    loss = F.cross_entropy(logits, names["targets"])
    torch.testing.assert_close(loss, F.cross_entropy(logits, names["labels"]))


def test_one_hot_masks_keep_a_class_that_no_pixel_has(run, monkeypatch):
    monkeypatch.setattr(torch, "randint", lambda high, size: torch.zeros(size, dtype=torch.int64))
    names = run("tensors/indexing/one_hot_masks.py")
    assert names["channels"].shape[1] == names["num_classes"]


def test_one_hot_masks(run):
    names = run("tensors/indexing/one_hot_masks.py")
    mask, channels = names["mask"], names["channels"]
    assert F.one_hot(mask, names["num_classes"]).shape == (*mask.shape, names["num_classes"])
    assert channels.shape == (2, names["num_classes"], 8, 8)
    assert torch.equal(channels.argmax(dim=1), mask)


def test_one_hot_masks_ignored_label(run):
    names = run("tensors/indexing/one_hot_masks.py")
    noisy, rows = names["noisy"], names["rows"]
    kept = noisy >= 0
    assert kept.any()
    assert (~kept).any()
    assert rows.dtype == torch.float32
    assert torch.equal(rows[kept], F.one_hot(noisy[kept], names["num_classes"]).float())
    assert not rows[~kept].any()


@pytest.mark.claim(
    "tensors/indexing#one-hot",
    "Labels must be int64, or an error is raised",
    "Labels must lie between 0 and num_classes - 1. Out of range, they raise an error on the CPU",
    "under torch.vmap their rows are all zeros, without an error",
)
def test_one_hot_wants_int64_labels_in_range():
    for dtype in (torch.int32, torch.uint8, torch.bool, torch.float32):
        with pytest.raises(RuntimeError, match="index tensor"):
            F.one_hot(torch.tensor([0, 1], dtype=dtype), 4)
    for label in (-1, -100, 4):
        with pytest.raises(RuntimeError, match="Class values"):
            F.one_hot(torch.tensor([label]), 4)
        row = torch.vmap(lambda one: F.one_hot(one, 4))(torch.tensor([label, 1]))
        assert row.tolist() == [[0, 0, 0, 0], [0, 1, 0, 0]]
    with pytest.raises(RuntimeError, match="index tensor"):
        torch.vmap(lambda one: F.one_hot(one, 4))(torch.tensor([1], dtype=torch.int32))


@pytest.mark.claim(
    "tensors/indexing#gather-scatter",
    "with dim=1, out[i, j] = x[i, index[i, j]]",
    "scatter_ writes, x[i, index[i, j]] = src[i, j]. scatter_add_ adds, "
    "and index_add_ adds whole rows",
)
def test_gather_scatter(run):
    names = run("tensors/indexing/gather_scatter.py")
    scores, labels, hidden, steps = (names[k] for k in ("scores", "labels", "hidden", "steps"))
    assert torch.equal(names["picked"], scores[torch.arange(2), labels])
    assert torch.equal(
        names["taken"], torch.stack([h[s] for h, s in zip(hidden, steps, strict=True)])
    )
    assert torch.equal(names["mask"], F.one_hot(labels, 3).float())
    rows, groups = names["rows"], names["groups"]
    for group in range(names["num_groups"]):
        assert torch.equal(names["sums"][group], rows[groups == group].sum(0))
        assert names["counts"][group] == (groups == group).sum()
    x, index, src = torch.zeros(4, 5), torch.randint(5, (4, 3)), torch.rand(4, 3)
    picked, added = src.gather(1, index % 3), x.scatter_add(1, index, src)
    unique = torch.stack([torch.randperm(5)[:3] for _ in range(4)])
    written = x.scatter(1, unique, src)
    for i in range(4):
        for j in range(3):
            assert picked[i, j] == src[i, index[i, j] % 3]
            assert written[i, unique[i, j]] == src[i, j]
            x[i, index[i, j]] += src[i, j]
    torch.testing.assert_close(added, x)


@pytest.mark.claim(
    "tensors/indexing#gather-scatter",
    "However often a position occurs in idx, x[idx] += 1 adds to it once",
    "scatter_reduce_ includes what x already holds, which is why the block starts with -torch.inf. "
    'For reduce="mean", pass include_self=False',
)
def test_gather_scatter_duplicates(run):
    names = run("tensors/indexing/gather_scatter_duplicates.py")
    idx = names["idx"]
    assert torch.equal(names["right"], torch.bincount(idx).float())
    assert not torch.equal(names["wrong"], names["right"])
    assert names["best"].tolist() == [-3, -torch.inf, -1]
    values, index = torch.tensor([-5.0, -3.0]), torch.tensor([0, 0])
    assert torch.zeros(1).scatter_reduce_(0, index, values, "amax") == 0  # the zero took part
    assert torch.zeros(1).scatter_reduce_(0, index, values, "mean").item() == pytest.approx(-8 / 3)
    alone = torch.zeros(1).scatter_reduce_(0, index, values, "mean", include_self=False)
    assert alone == -4
    with pytest.warns(UserWarning, match="deprecated"):
        torch.zeros(1).scatter_(0, index, values, reduce="add")


@pytest.mark.claim(
    "tensors/indexing#gather-scatter",
    "The index needs as many dimensions as x: gather(1, labels) with 1-D labels raises "
    "Index tensor must have the same number of dimensions as input tensor, "
    "labels[:, None] does not",
    "gather does not broadcast the index: with shape (1, K), it reads only the first row, "
    "without an error. take_along_dim broadcasts",
    "scatter_add_ uses only as much of src as the index covers: "
    "groups[:, None] for a src of shape (N, D) adds only the first column",
    "The source of scatter_add_ and index_add_ needs the dtype of x. "
    "Negative indices and those past the end raise an error on the CPU",
)
def test_gather_scatter_index():
    x, labels, index = torch.rand(3, 4), torch.tensor([2, 0, 2]), torch.tensor([[0, 3]])
    with pytest.raises(RuntimeError, match="same number of dimensions as input tensor"):
        x.gather(1, labels)
    assert torch.equal(x.gather(1, labels[:, None])[:, 0], x[range(3), labels])
    assert torch.equal(x.gather(1, index), x[:1, [0, 3]])
    assert torch.equal(torch.take_along_dim(x, index, 1), x[:, [0, 3]])
    sums = torch.zeros(3, 4)
    added = sums.scatter_add(0, labels[:, None], x)
    rows = sums.index_add(0, labels, x)
    assert torch.equal(added[:, 0], rows[:, 0]) and not added[:, 1:].any() and rows[:, 1:].any()
    for add in (torch.Tensor.scatter_add_, torch.Tensor.index_add_):
        with pytest.raises(RuntimeError, match=r"dtype|scalar type"):
            add(torch.zeros(3), 0, labels, torch.ones(3).double())
        for wrong in (-1, 3):
            with pytest.raises((RuntimeError, IndexError), match="out of"):
                add(torch.zeros(3), 0, torch.tensor([wrong]), torch.ones(1))
    for wrong in (-1, 4):
        with pytest.raises(RuntimeError, match="out of bounds"):
            x.gather(1, torch.full((3, 1), wrong))


@pytest.mark.claim(
    "tensors/indexing#where-masked-fill",
    "torch.where(condition, a, b) takes a where the condition holds and b elsewhere",
    "masked_fill(mask, value) replaces where the mask is True and keeps the rest. "
    "Both make a new tensor",
    "x == torch.nan is False everywhere: use x.isnan()",
)
def test_where_masked_fill(run):
    names = run("tensors/indexing/where_masked_fill.py")
    inf = torch.inf
    assert names["positive"].tolist() == [[1, 0, 0], [0, 5, inf]]
    assert names["masked"][0].tolist() == [1, -inf, -inf]
    assert names["masked"][1, 0].isnan()  # NaN < 0 is false
    assert names["clean"].tolist() == [[1, -2, -1e4], [0, 5, 1e4]]
    x = names["x"]
    assert x.tolist() == [[1, -2, -inf], [0, 5, inf]]  # "in place"
    places = torch.nonzero(x > 4, as_tuple=True)
    assert torch.equal(names["row"], places[0]) and torch.equal(names["column"], places[1])
    for mask in (x > 0, torch.ones_like(x, dtype=torch.bool), torch.zeros_like(x) > 1):
        for made in (torch.where(mask, x, 0), x.masked_fill(mask, 0)):
            assert made.data_ptr() != x.data_ptr() and made.shape == x.shape
        assert torch.equal(torch.where(mask, 0, x), x.masked_fill(mask, 0))
    assert not (torch.tensor([torch.nan, 1.0]) == torch.nan).any()


@pytest.mark.claim(
    "tensors/indexing#where-masked-fill",
    "where computes both branches for all elements. In the backward pass, the one not taken "
    "gets gradient 0, and 0 times inf or NaN is NaN",
    "x.sqrt().masked_fill(x <= 0, 0) and x.sqrt().nan_to_num(0) do not remove that NaN. "
    "Besides the block, y[mask] = x[mask].sqrt() does",
)
def test_where_masked_fill_gradient(run):
    run("tensors/indexing/where_masked_fill_gradient.py")

    def gradient(function, start=(-1.0, 0.0, 4.0)):
        x = torch.tensor(start, requires_grad=True)
        return torch.autograd.grad(function(x).sum(), x)[0]

    def chosen(x):
        y, mask = torch.zeros_like(x), x > 0
        y[mask] = x[mask].sqrt()
        return y

    right = torch.tensor([0, 0, 0.25])
    assert torch.equal(gradient(chosen), right)
    assert torch.equal(gradient(lambda x: torch.where(x > 0, x.where(x > 0, 1).sqrt(), 0)), right)
    for wrong in (
        lambda x: torch.where(x > 0, x.sqrt(), 0),
        lambda x: x.sqrt().masked_fill(x <= 0, 0),
        lambda x: x.sqrt().nan_to_num(0),
    ):
        assert not gradient(wrong)[:2].isfinite().any()
    # the branch not taken is harmless where its gradient is finite
    assert torch.equal(gradient(lambda x: torch.where(x > 0, x, x.exp()), (1.0,)), torch.ones(1))
    assert gradient(lambda x: torch.where(x < 100, x.exp(), x), (200.0,)).isnan()


@pytest.mark.claim(
    "tensors/indexing#where-masked-fill",
    "A mask of the numbers 0 and 1 raises masked_fill_ only supports boolean masks: write mask.bool(), and "
    "negate after that, since ~ turns the integers 0 and 1 into −1 and −2, both true",
    "Masks broadcast from the right: for rows, write mask[:, None]. "
    "On a square x, a mask of shape (N,) hides columns instead, without an error",
)
def test_where_masked_fill_masks():
    x, mask = torch.ones(2, 2), torch.tensor([0, 1])
    with pytest.raises(RuntimeError, match="masked_fill_ only supports boolean masks"):
        x.masked_fill(mask, 0)
    with pytest.raises(RuntimeError, match="boolean tensor"):
        torch.where(mask, x, 0)
    assert (~mask).tolist() == [-1, -2] and (~mask).bool().all()
    assert (~mask.bool()).tolist() == [True, False]
    assert x.masked_fill(mask.bool(), 0).tolist() == [[1, 0], [1, 0]]
    assert x.masked_fill(mask.bool()[:, None], 0).tolist() == [[1, 1], [0, 0]]


@pytest.mark.claim(
    "tensors/indexing#where-masked-fill",
    "masked_fill keeps the dtype: filled with 0.5, an integer tensor gets 0. torch.where promotes",
    "-1e9 does not fit into float16 and raises value cannot be converted to type",
    "nan_to_num() without arguments turns inf into the largest number of the dtype, "
    "about 3.4e38 in float32, which overflows again when doubled",
    "The value of masked_fill is a number or a 0-d tensor",
    "To fill in the elements of another tensor in order, write x[mask] = values",
)
def test_where_masked_fill_values():
    ints, mask = torch.tensor([1, 2, 3]), torch.tensor([True, False, True])
    assert ints.masked_fill(mask, 0.5).tolist() == [0, 2, 0]
    assert torch.where(mask, 0.5, ints).tolist() == [0.5, 2, 0.5]
    half = ints.half()
    with pytest.raises(RuntimeError, match="value cannot be converted to type"):
        half.masked_fill(mask, -1e9)
    for value in (-torch.inf, torch.finfo(half.dtype).min):
        assert half.masked_fill(mask, value)[0] == value
    largest = torch.tensor(torch.inf).nan_to_num()
    assert largest == torch.finfo(torch.float32).max and (2 * largest).isinf()
    assert half.masked_fill(mask, torch.tensor(7)).tolist() == [7, 2, 7]
    with pytest.raises(RuntimeError, match="0-dimensional value tensor"):
        half.masked_fill(mask, torch.tensor([7.0, 8.0]))
    half[mask] = torch.tensor([7, 8]).half()
    assert half.tolist() == [7, 2, 8]


def test_topk_sort_unique(run, monkeypatch):
    options, argsort = [], torch.Tensor.argsort

    def spy(tensor, **kwargs):
        options.append(kwargs)
        return argsort(tensor, **kwargs)

    monkeypatch.setattr(torch.Tensor, "argsort", spy)
    names = run("tensors/indexing/topk_sort_unique.py")
    assert options == [{"stable": True}]  # no short tensor shows the difference
    scores, labels = names["scores"], names["labels"]
    expected = sorted(scores[0].tolist(), reverse=True)
    assert names["values"][0].tolist() == expected[:2]
    assert names["lowest"][0].tolist() == expected[:0:-1]
    assert torch.equal(names["values"], scores.gather(1, names["indices"]))
    assert torch.equal(names["ranked"], scores.gather(1, names["order"]))
    assert names["ranked"][0].tolist() == expected
    assert names["by_label"].tolist() == sorted(range(5), key=labels.tolist().__getitem__)
    classes, inverse, counts = (names[k] for k in ("classes", "inverse", "counts"))
    assert torch.equal(classes[inverse], labels)
    assert classes.tolist() == sorted(set(labels.tolist()))
    assert counts.tolist() == [labels.tolist().count(c) for c in classes]


def test_topk_sort_unique_count(run):
    names = run("tensors/indexing/topk_sort_unique_count.py")
    scores, ages, labels = names["scores"], names["ages"], names["labels"].tolist()
    assert names["first"].tolist() == [labels.index(c) for c in names["classes"].tolist()]
    assert labels.count(2) == 2
    top = scores[names["row"], names["column"]]
    assert top.tolist() == sorted(scores.flatten().tolist(), reverse=True)[:2]
    bins = torch.bucketize(ages, names["edges"], right=True)
    for age, where in zip(
        ages.tolist(), bins.tolist(), strict=True
    ):  # "below 18, 18 to 64, from 65"
        assert where == (0 if age < 18 else 1 if age < 65 else 2)


@pytest.mark.claim(
    "tensors/indexing#topk-sort-unique",
    "Without dim, topk, sort, and argsort work along the last dimension. "
    "In topk, a k larger than the size of that dimension raises selected index k out of range: "
    "write min(k, x.shape[-1])",
    "Among equal values, topk, sort, and argsort may choose any order by default. "
    "To keep the original order, pass stable=True; topk does not take it",
    "NaN counts as the largest: by default, it comes first in topk and last in sort",
    "Gradients flow through the values of topk and sort, not through the indices",
)
def test_topk_sort_unique_order():
    x = torch.rand(4, 5, 6)
    for made in (x.topk(2).indices, x.sort().indices[..., -2:].flip(-1), x.argsort()[..., -2:]):
        assert made.shape == (4, 5, 2)
    assert torch.equal(x.topk(2).values, x.sort().values[..., -2:].flip(-1))
    with pytest.raises(RuntimeError, match="selected index k out of range"):
        x.topk(7)
    equal = torch.zeros(5000)
    assert any((torch.zeros(n).topk(3).indices != torch.arange(3)).any() for n in (5, 50, 200))
    for order in (equal.sort().indices, equal.argsort()):
        assert not torch.equal(order, torch.arange(len(order)))
    for options in ({"stable": True}, {"stable": True, "descending": True}):
        assert torch.equal(equal.sort(**options).indices, torch.arange(5000))
        assert torch.equal(equal.argsort(**options), torch.arange(5000))
    with pytest.raises(TypeError):
        equal.topk(3, stable=True)
    x = torch.tensor([3.0, torch.nan, torch.inf])
    assert x.topk(1).indices.item() == x.argsort()[-1] == x.argmax() == 1
    x = torch.rand(5, requires_grad=True)
    values, indices = x.topk(2)
    values.sum().backward()
    assert x.grad.nonzero().flatten().tolist() == sorted(indices.tolist())
    assert not indices.requires_grad and not x.argsort().requires_grad


@pytest.mark.claim(
    "tensors/indexing#topk-sort-unique",
    "To bring another tensor into the same order, write other.gather(1, order). "
    "The rank of each element is order.argsort(dim=1)",
    "Top-5 accuracy: (logits.topk(5).indices == labels[:, None]).any(1).float().mean()",
)
def test_topk_sort_unique_uses():
    x = torch.rand(3, 7)
    values, order = x.sort(dim=1)
    assert torch.equal((2 * x).gather(1, order), 2 * values)
    ranks = order.argsort(dim=1)
    assert torch.equal(ranks, (x[:, None, :] < x[:, :, None]).sum(-1))
    logits, labels = torch.rand(50, 10), torch.randint(10, (50,))
    hits = [label in row.topk(5).indices for row, label in zip(logits, labels, strict=True)]
    accuracy = (logits.topk(5).indices == labels[:, None]).any(1).float().mean()
    assert accuracy.item() == pytest.approx(sum(hits) / 50)


@pytest.mark.claim(
    "tensors/indexing#topk-sort-unique",
    "unique flattens; for distinct rows, pass dim=0. It sorts by default, and has no return_index",
    "unique_consecutive drops only repeated neighbors. Each NaN counts as distinct",
)
def test_topk_sort_unique_of_values():
    rows = torch.tensor([[1, 2], [0, 5], [1, 2]])
    assert rows.unique().tolist() == [0, 1, 2, 5]
    assert rows.unique(dim=0).tolist() == [[0, 5], [1, 2]]
    with pytest.raises(TypeError, match="return_index"):
        rows.unique(return_index=True)
    assert torch.tensor([3, 1, 1, 3]).unique_consecutive().tolist() == [3, 1, 3]
    assert len(torch.tensor([torch.nan, 1.0, torch.nan]).unique()) == 3


@pytest.mark.claim(
    "tensors/indexing#topk-sort-unique",
    "bincount takes non-negative integers in one dimension",
    "bucketize(x, edges) is searchsorted(edges, x). Without right=True, "
    "a value that equals an edge falls into the lower bin",
    "If the edges are out of order, the result can be wrong, without an error",
)
def test_topk_sort_unique_count_limits():
    for wrong in (torch.tensor([-100, 1]), torch.ones(2, 2, dtype=torch.int64), torch.ones(2)):
        with pytest.raises((RuntimeError, NotImplementedError), match="bincount"):
            torch.bincount(wrong)
    edges, x = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0])
    assert torch.bucketize(x, edges).tolist() == [0, 0, 1, 1, 2, 3]
    assert torch.bucketize(x, edges, right=True).tolist() == [0, 1, 1, 2, 3, 3]
    for right in (False, True):
        expected = torch.searchsorted(edges, x, right=right)
        assert torch.equal(torch.bucketize(x, edges, right=right), expected)
    jumbled = torch.tensor([2.0, 0.0, 1.0])
    assert torch.bucketize(torch.tensor([0.5]), jumbled) == 2  # no error, and not 1
