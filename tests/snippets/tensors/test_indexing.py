import pytest
import torch
import torch.nn.functional as F


def test_slicing(run):
    names = run("tensors/indexing/slicing.py")
    points = names["points"]
    # "from index 1 to the end, 1 included"
    assert torch.equal(names["rest"], torch.stack([points[1], points[2]]))
    assert names["first_column"].tolist() == [row[0] for row in points.tolist()]
    assert names["but_last"].tolist() == points.tolist()[:2]


def test_slicing_images(run):
    names = run("tensors/indexing/slicing.py")
    images = names["images"]
    assert torch.equal(names["image"], images.select(0, 0))
    assert torch.equal(names["channel"], images.select(0, 0).select(0, 0))
    assert names["pixel"].shape == ()
    assert names["pixel"] == names["channel"][2][3]
    # "the first two images, channels from index 1 on"
    assert names["part"].shape == (2, 2, 28, 28)
    assert torch.equal(names["part"][1, 0], images[1].select(0, 1))
    # "an integer drops the dimension, a slice keeps it"
    assert torch.equal(names["dropped"], images.select(1, 2))
    assert torch.equal(names["kept"], images.select(1, 2).unsqueeze(1))
    # "every other one"
    every_other = torch.arange(0, 28, 2)
    expected = images.index_select(2, every_other).index_select(3, every_other)
    assert torch.equal(names["sampled"], expected)
    assert torch.equal(names["left"], images.select(3, 0))
    assert torch.equal(names["unsqueezed"], images.unsqueeze(1))


def test_slicing_gives_views(run):
    names = run("tensors/indexing/slicing.py")
    storage = names["images"].untyped_storage().data_ptr()
    for name in ("image", "channel", "pixel", "part", "dropped", "kept", "sampled", "left"):
        assert names[name].untyped_storage().data_ptr() == storage


def test_slicing_masks(run):
    names = run("tensors/indexing/slicing_masks.py")
    x = torch.arange(12).reshape(3, 4)
    assert names["multiples"].tolist() == [n for n in range(12) if n % 3 == 0]
    assert torch.equal(names["whole_rows"], torch.stack([x[2], x[0], x[0]]))
    pairs = zip(names["rows"].tolist(), names["cols"].tolist(), strict=True)
    assert names["elements"].tolist() == [x[r, c].item() for r, c in pairs]
    # "a slice is a view, masks and index tensors copy"
    assert names["view"].data_ptr() == names["x"][2:].data_ptr()
    assert names["masked"].tolist() == [11]
    assert names["whole_rows"][0, 3] == 11
    # "assigning to a selection writes to the original"
    assert names["x"].tolist() == [[0, 0, 0, 0], [0, 0, 6, 7], [8, 9, 10, 0]]


def test_slicing_limits():
    x = torch.arange(12).reshape(3, 4)
    with pytest.raises(ValueError, match="step must be greater than zero"):
        x[::-1]
    assert torch.equal(torch.flip(x, [0]), torch.stack([x[2], x[1], x[0]]))
    assert x[1:100].shape == (2, 4)
    with pytest.raises(IndexError, match="out of bounds"):
        x[3]
    assert x[[0, 2]].shape == (2, 4)
    assert x[0, 2].item() == 2


def test_slicing_chained_assignment():
    x = torch.arange(4)
    mask = x > 1
    x[mask][0] = 1
    assert x.tolist() == [0, 1, 2, 3]
    x[mask] = 1
    assert x.tolist() == [0, 1, 1, 1]


def test_nonzero(run):
    names = run("tensors/indexing/nonzero.py")
    x, count = names["x"], names["count"]
    places = [(r, c) for r, row in enumerate(x.tolist()) for c, v in enumerate(row) if v]
    assert [tuple(p) for p in names["coordinates"].tolist()] == places
    assert names["coordinates"].shape == (count, x.dim())  # "(count, dimensions)"
    assert len(names["index"]) == x.dim()
    assert all(i.shape == (count,) for i in names["index"])
    assert names["values"].tolist() == [x[p].item() for p in places]
    assert torch.equal(names["values"], x[x != 0])  # "a boolean mask"
    assert count == len(places)
    assert names["per_row"].tolist() == [sum(v != 0 for v in row) for row in x.tolist()]
    assert all(x[r, c] == 0 for r, c in names["zeros"].tolist())
    assert names["zero_count"] == len(names["zeros"]) == x.numel() - count != count


def test_nonzero_is_no_index():
    x = torch.eye(3)
    # "takes every coordinate for a row number"
    places = torch.nonzero(x)
    assert x[places].shape == (3, 2, 3)
    assert torch.equal(x[places][1, 0], x[places[1, 0]])
    assert x[torch.nonzero(x, as_tuple=True)].tolist() == [1, 1, 1]


def test_nonzero_counts_nan():
    x = torch.tensor([0.0, float("nan")])
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
    assert F.one_hot(labels).shape[1] == labels.max() + 1


def test_one_hot_targets_are_floats(run):
    names = run("tensors/indexing/one_hot.py")
    logits = torch.randn(4, 4)
    with pytest.raises(RuntimeError, match="floating point type for target"):
        F.cross_entropy(logits, names["one_hot"])
    loss = F.cross_entropy(logits, names["targets"])
    # "takes class indices directly"
    torch.testing.assert_close(loss, F.cross_entropy(logits, names["labels"]))


def test_one_hot_segmentation_keeps_a_class_that_no_pixel_has(run, monkeypatch):
    monkeypatch.setattr(torch, "randint", lambda high, size: torch.zeros(size, dtype=torch.int64))
    names = run("tensors/indexing/one_hot.py")
    assert names["channels"].shape[1] == names["num_classes"]


def test_one_hot_segmentation(run):
    names = run("tensors/indexing/one_hot.py")
    mask, channels = names["mask"], names["channels"]
    assert F.one_hot(mask, names["num_classes"]).shape == (*mask.shape, names["num_classes"])
    assert channels.shape == (2, names["num_classes"], 8, 8)
    assert torch.equal(channels.argmax(dim=1), mask)


def test_one_hot_ignored_label(run):
    names = run("tensors/indexing/one_hot.py")
    noisy, rows = names["noisy"], names["rows"]
    kept = noisy >= 0
    assert kept.any()
    assert (~kept).any()
    assert rows.dtype == torch.float32
    assert torch.equal(rows[kept], F.one_hot(noisy[kept], names["num_classes"]).float())
    assert not rows[~kept].any()


def test_one_hot_wants_int64_labels_in_range():
    with pytest.raises(RuntimeError, match="LongTensor"):
        F.one_hot(torch.tensor([0, 1], dtype=torch.int32), 4)
    for label in (-1, 4):
        with pytest.raises(RuntimeError, match="Class values"):
            F.one_hot(torch.tensor([label]), 4)
