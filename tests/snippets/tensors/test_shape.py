import warnings

import pytest
import torch
from torch import nn


def test_reshape(run):
    names = run("tensors/shape/reshape.py")
    features, flat, rows = names["features"], names["flat"], names["rows"]
    assert features.shape == (2, 4, 6, 6)
    # "makes one row of each sample and leaves the batch dimension alone"
    assert flat.shape == (2, 4 * 6 * 6)
    assert all(torch.equal(flat[i], features[i].flatten()) for i in range(2))
    assert names["scores"].shape == (2, 10)
    # "the order of the elements stays"
    assert rows.shape == (2, 4, 36) and torch.equal(rows.flatten(), features.flatten())
    assert torch.equal(names["restored"], features)


def test_reshape_infers_one_dimension():
    with pytest.raises(RuntimeError, match="only one dimension can be inferred"):
        torch.zeros(24).reshape(-1, -1)


def test_reshape_flatten_and_the_batch():
    x = torch.zeros(2, 3, 4)
    assert x.flatten().shape == (24,)
    assert nn.Flatten()(x).shape == (2, 12)


def test_reshape_does_not_swap_dimensions(run):
    names = run("tensors/shape/reshape.py")
    a, regrouped = names["a"], names["regrouped"]
    assert regrouped.tolist() == [[1, 2], [3, 4], [5, 6]] != a.T.tolist()
    assert torch.equal(regrouped.flatten(), a.flatten())
    x = torch.arange(48).reshape(2, 3, 8)
    swapped = x.transpose(1, 2)
    assert swapped.shape == x.reshape(2, 8, 3).shape
    assert not torch.equal(swapped, x.reshape(2, 8, 3))
    assert swapped[1, 5, 2] == x[1, 2, 5]


def test_reshape_view_or_copy(run):
    names = run("tensors/shape/reshape_view.py")
    x, turned = names["x"], names["turned"]
    # the write of 2 went to a copy, those of 1 and 3 to views
    assert x.tolist() == [[1, 0, 3], [0, 0, 0]]
    assert turned.shape == (3, 2) and turned.data_ptr() == x.data_ptr()
    assert x.reshape(6).data_ptr() == x.view(6).data_ptr() == x.data_ptr()
    assert turned.reshape(6).data_ptr() != x.data_ptr()
    with pytest.raises(RuntimeError, match="not compatible"):
        turned.view(6)


def test_cat_stack(run):
    names = run("tensors/shape/cat_stack.py")
    parts, joined, stacked = names["parts"], names["joined"], names["stacked"]
    assert joined.shape == (30, 5) and stacked.shape == (3, 10, 5)
    for i, part in enumerate(parts):
        assert part.shape == (10, 5) and (part == i).all()
        assert torch.equal(joined[10 * i : 10 * i + 10], part)
        assert torch.equal(stacked[i], part)
    assert names["wide"].shape == (10, 7)
    assert len(names["pieces"]) == len(names["layers"]) == 3
    assert names["mean_loss"] == 1


def test_cat_stack_shapes():
    with pytest.raises(RuntimeError, match="equal size"):
        torch.stack([torch.zeros(3), torch.zeros(2)])
    with pytest.raises(RuntimeError, match="same number of dimensions"):
        torch.cat([torch.zeros(3), torch.zeros(1, 3)])
    with pytest.raises(RuntimeError, match="must match except in dimension 0"):
        torch.cat([torch.zeros(3, 2), torch.zeros(3, 4)])
    with pytest.raises(RuntimeError, match="zero-dimensional"):
        torch.cat([torch.tensor(0.5), torch.tensor(1.5)])


def test_cat_stack_copies(run):
    names = run("tensors/shape/cat_stack.py")
    parts, joined, stacked = names["parts"], names["joined"], names["stacked"]
    for result in (joined, stacked):
        result.fill_(-1)
    assert all((part == i).all() for i, part in enumerate(parts))
    # "copies everything gathered so far on every pass"
    out = torch.zeros(0, 5)
    for part in parts:
        before = out
        out = torch.cat([out, part])
        assert out.untyped_storage().data_ptr() != before.untyped_storage().data_ptr()
    assert torch.equal(out, torch.cat(parts))


def test_expand(run):
    names = run("tensors/shape/expand.py")
    x, grid, own = names["x"], names["grid"], names["own"]
    assert x.shape == (64, 512) and grid.shape == own.shape == (64, 512, 7, 7)
    # "without new memory: their stride becomes 0"
    assert grid.data_ptr() == x.data_ptr() and grid.stride()[2:] == (0, 0)
    assert own.untyped_storage().nbytes() == 49 * x.untyped_storage().nbytes()
    assert torch.equal(grid[3, 4], x[3, 4].repeat(7, 7))
    # one assignment reached 49 places and the source, one only its own
    assert x[0, 0] == 5 and (grid[0, 0] == 5).all()
    assert (own == 5).sum() == 1


def test_expand_writes(run):
    grid = run("tensors/shape/expand.py")["grid"]
    before = grid.clone()
    with pytest.raises(RuntimeError, match="single memory location"):
        grid.add_(1)
    assert torch.equal(grid, before)
    assert torch.equal(grid.clone().add_(1), before + 1)


def test_expand_adds_dimensions_at_the_front_only(run):
    x = run("tensors/shape/expand.py")["x"]
    with pytest.raises(RuntimeError, match="must match the existing size"):
        x.expand(64, 512, 7, 7)
    assert x.expand(7, 7, 64, 512).shape == (7, 7, 64, 512)


def test_expand_broadcast_and_repeat(run):
    names = run("tensors/shape/expand.py")
    x, y = names["x"], torch.rand(64, 512, 7, 7)
    assert torch.equal(x[:, :, None, None] + y, names["grid"] + y)
    repeated = x.repeat(1, 2)
    assert repeated.shape == (64, 1024) and torch.equal(repeated[:, 512:], x)
    assert repeated.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()


def test_contiguous(run):
    names = run("tensors/shape/contiguous.py")
    rows, columns, packed = names["rows"], names["columns"], names["packed"]
    address = names["address"]
    # "A transpose swaps strides and moves no data"
    assert rows.stride() == (3, 1) and columns.stride() == (1, 3)
    assert rows.is_contiguous() and not columns.is_contiguous() and packed.is_contiguous()
    assert torch.equal(packed, columns) and packed.stride() == (2, 1)
    assert address(columns) == address(rows) == address(rows[1:])
    assert address(packed) != address(rows) and address(rows.clone()) != address(rows)
    assert columns.as_strided((6,), (1,)).tolist() == [0, 1, 2, 3, 4, 5]
    assert packed.as_strided((6,), (1,)).tolist() == columns.flatten().tolist()


def test_contiguous_stride_is_a_distance_in_storage(run):
    rows = run("tensors/shape/contiguous.py")["rows"]
    for dim, neighbor in enumerate((rows[1, 0], rows[0, 1])):
        distance = neighbor.data_ptr() - rows[0, 0].data_ptr()
        assert distance == rows.stride(dim) * rows.element_size()


def test_contiguous_or_clone(run):
    names = run("tensors/shape/contiguous.py")
    rows, columns = names["rows"], names["columns"]
    assert rows.contiguous() is rows
    # "the clone() of a transpose is still not contiguous"
    assert columns.clone().stride() == columns.stride()
    assert not columns.clone().is_contiguous()


def test_contiguous_addresses(run):
    rows = run("tensors/shape/contiguous.py")["rows"]
    # "A tensor's data_ptr() includes its offset"
    assert rows[1:].data_ptr() - rows.data_ptr() == 3 * rows.element_size()
    with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
        rows.storage()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # "returns a new object on each call"
        assert rows.storage() is not rows.storage()


def test_named_dimensions(run):
    names = run("tensors/shape/named_dimensions.py")
    images, channels_last = names["images"], names["channels_last"]
    assert (names["N"], names["C"], names["H"], names["W"]) == (0, 1, 2, 3)
    assert torch.equal(names["red"], images[:, 0])
    assert names["means"].shape == (32, 3, 1, 1)
    torch.testing.assert_close(names["means"][5, 2, 0, 0], images[5, 2].mean())
    assert torch.equal(channels_last[5, :, :, 2], images[5, 2])
    assert torch.equal(names["moved"], channels_last)
    weighted = (images * names["weights"][:, None, None]).sum(dim=1)
    torch.testing.assert_close(names["gray"], weighted)
    # token 7's fourth head holds its last 16 features
    assert torch.equal(names["heads"][5, 7, 3], names["tokens"][5, 7, 48:])


def test_named_dimensions_named_tensors_are_gone():
    with pytest.raises(TypeError):
        torch.randn(2, 3, names=("N", "C"))
    with pytest.raises(TypeError):
        torch.zeros(2, 3).sum("C")
    gone = ("names", "rename", "refine_names", "align_to", "align_as")
    assert not any(hasattr(torch.Tensor, name) for name in gone)


def test_named_dimensions_hold_for_one_layout(run):
    names = run("tensors/shape/named_dimensions.py")
    images, channels_last = names["images"], names["channels_last"]
    channel, height = names["C"], names["H"]
    # "channels_last.mean(dim=C) raises nothing and averages over the height"
    over_height = images.mean(dim=height).movedim(1, -1)
    torch.testing.assert_close(channels_last.mean(dim=channel), over_height)
    # "after images.mean(dim=C), H is the width"
    assert images.mean(dim=channel).shape[height] == 48
    assert images.mean(dim=channel, keepdim=True).shape[height] == 56


def test_named_dimensions_einsum_checks_sizes(run):
    images = run("tensors/shape/named_dimensions.py")["images"]
    with pytest.raises(RuntimeError):
        torch.einsum("nchw,c->nhw", images, torch.ones(4))
