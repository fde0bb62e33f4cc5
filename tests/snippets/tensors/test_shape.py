import io
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

READER = {
    "reshape": "x = torch.rand(8, 3, 4, 5)",
    "cat_stack": "parts = [torch.rand(10, 5) for _ in range(3)]",
    "expand": "token, scale = torch.rand(1, 1, 16), torch.rand(64, 512)",
    "contiguous": "t = torch.rand(2, 3).T",
    "squeeze_permute": """
image, scores, x = torch.rand(48, 64, 3), torch.rand(8, 1), torch.rand(8, 10, 64)
""",
    "split_chunk": """
x, qkv, signal = torch.arange(10), torch.rand(8, 10, 192), torch.rand(8, 100)
""",
    "repeat_interleave": "x, counts = torch.tensor([1, 2, 3]), torch.tensor([2, 0, 1])",
    "broadcasting": """
images, mean = torch.rand(8, 3, 32, 32), torch.rand(3)
x, y = torch.rand(6, 4), torch.rand(5, 4)
""",
    "named_dimensions": "images = torch.rand(32, 3, 56, 48)",
}


def address(tensor):
    return tensor.untyped_storage().data_ptr()


@pytest.mark.claim(
    "tensors/shape#reshape",
    "each sample becomes one row, and the batch dimension stays",
    "the elements keep their order, and one dimension may be written as -1",
)
def test_reshape(run):
    names = run("tensors/shape/reshape.py")
    x, flat, pixels = names["x"], names["flat"], names["pixels"]
    assert flat.shape == (8, 60) and pixels.shape == (8, 3, 20)
    assert all(torch.equal(flat[i], x[i].flatten()) for i in range(8))
    assert torch.equal(pixels[7, 2], x[7, 2].flatten())
    assert torch.equal(names["images"], x)
    assert torch.equal(names["groups"][1, 0], x[4])
    assert torch.equal(names["groups"].flatten(), x.flatten())
    # whatever the layout, integers and booleans too
    odd = torch.arange(24).reshape(2, 3, 4).transpose(0, 2)
    assert odd.reshape(-1, 2).flatten().tolist() == odd.flatten().tolist()
    assert (odd > 5).flatten(1).shape == (4, 6)
    with pytest.raises(RuntimeError, match="only one dimension can be inferred"):
        x.reshape(-1, -1)


@pytest.mark.claim(
    "tensors/shape#reshape",
    "x.flatten() without an argument merges the batch dimension too",
    "starts at dimension 1 by default. A single image of (3, 32, 32) without a batch dimension "
    "comes out as (3, 1024)",
)
def test_reshape_flatten_and_the_batch():
    x = torch.zeros(2, 3, 4)
    assert x.flatten().shape == (24,)
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Flatten()(torch.zeros(3, 32, 32)).shape == (3, 1024)


@pytest.mark.claim(
    "tensors/shape#reshape",
    "For an empty batch, x.reshape(len(x), -1) raises, because -1 is ambiguous; x.flatten(1) works",
)
def test_reshape_of_an_empty_batch():
    x = torch.zeros(0, 3, 4)
    with pytest.raises(RuntimeError, match="ambiguous"):
        x.reshape(len(x), -1)
    assert x.flatten(1).shape == (0, 12)


@pytest.mark.claim(
    "tensors/shape#reshape",
    "x.reshape(2, 8, 3) has the shape that you want, raises nothing, and mixes up the elements",
    "To swap dimensions, write x.transpose(1, 2)",
)
def test_reshape_transpose(run):
    a = run("tensors/shape/reshape_transpose.py")["a"]
    assert a.reshape(3, 2).tolist() == [[1, 2], [3, 4], [5, 6]] != a.T.tolist()
    x = torch.arange(48).reshape(2, 3, 8)
    swapped = x.transpose(1, 2)
    assert swapped.shape == x.reshape(2, 8, 3).shape == (2, 8, 3)
    assert swapped[1, 5, 2] == x[1, 2, 5]
    assert not torch.equal(swapped, x.reshape(2, 8, 3))
    assert torch.equal(x.reshape(2, 8, 3).flatten(), x.flatten())


@pytest.mark.claim(
    "tensors/shape#reshape",
    "shares memory with its source, and raises view size is not compatible with input tensor's "
    "size and stride where the strides do not allow it",
    "reshape shares memory where it can, and copies where it cannot, without a word",
)
def test_reshape_view(run):
    x = run("tensors/shape/reshape_view.py")["x"]
    # the write of 3 went to a copy, those of 1 and 2 to views
    assert x.tolist() == [[1, 2, 0], [0, 0, 0]]
    assert x.T.reshape(-1)[2] == x[0, 1]
    with pytest.raises(RuntimeError) as error:
        x.T.view(-1)
    assert "view size is not compatible with input tensor's size and stride" in str(error.value)
    # not every tensor that is not contiguous needs a copy: strides decide
    images = torch.rand(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    columns = torch.rand(4, 6)[:, ::2]
    for source, can in ((x.T, False), (images, False), (columns, True)):
        assert not source.is_contiguous()
        assert (address(source.reshape(-1)) == address(source)) == can
        if can:
            assert address(source.view(-1)) == address(source)
        else:
            with pytest.raises(RuntimeError, match="not compatible"):
                source.view(-1)
    # with another dtype, view shares memory as well
    assert address(x.view(torch.int32)) == address(x)


@pytest.mark.claim(
    "tensors/shape#cat-stack",
    "joins tensors along an existing dimension; stack joins them along a new one",
    "Both functions copy",
)
def test_cat_stack(run):
    names = run("tensors/shape/cat_stack.py")
    parts, joined, stacked = names["parts"], names["joined"], names["stacked"]
    assert joined.shape == (30, 5) and stacked.shape == (3, 10, 5)
    pieces, layers = names["pieces"], names["layers"]
    assert len(pieces) == len(layers) == 3
    for i, part in enumerate(parts):
        assert torch.equal(joined[10 * i : 10 * i + 10], part)
        assert torch.equal(stacked[i], part)
        assert torch.equal(pieces[i], part) and torch.equal(layers[i], part)
    # also of a single tensor
    results = joined, stacked, torch.cat([parts[0]]), torch.stack([parts[0]])
    before = parts[0].clone()
    for result in results:
        result.fill_(-1)
    assert torch.equal(parts[0], before)


@pytest.mark.claim(
    "tensors/shape#cat-stack",
    "stack needs equal shapes. cat needs equal sizes in all dimensions but the joined one, or it "
    "raises Sizes of tensors must match except in dimension 0: print the shapes, then pad, or join "
    "along another dim",
    "cat raises for 0-D tensors. To gather losses, write torch.stack(losses)",
)
def test_cat_stack_shapes():
    for shapes in ((3, 2), (3, 1)):
        with pytest.raises(RuntimeError, match="equal size"):
            torch.stack([torch.zeros(n) for n in shapes])
    with pytest.raises(RuntimeError, match="same number of dimensions"):
        torch.cat([torch.zeros(3), torch.zeros(1, 3)])
    with pytest.raises(RuntimeError, match="Sizes of tensors must match except in dimension 0"):
        torch.cat([torch.zeros(3, 2), torch.zeros(3, 4)])
    assert torch.cat([torch.zeros(3, 2), torch.zeros(3, 4)], dim=1).shape == (3, 6)
    losses = [torch.tensor(0.5), torch.tensor(1.5)]
    with pytest.raises(RuntimeError, match="zero-dimensional"):
        torch.cat(losses)
    assert torch.stack(losses).mean() == 1


@pytest.mark.claim(
    "tensors/shape#cat-stack",
    "Mixed dtypes are promoted (int64 with float32 gives float32), mixed devices raise, and so "
    "does an empty list",
    "cat skips an empty 1-D tensor such as torch.tensor([]), whatever the other shapes, but its "
    "float32 still counts: beside int64, the result is float32",
)
def test_cat_stack_dtypes_devices_and_nothing():
    integers = torch.ones(2, 3, dtype=torch.int64)
    for join in (torch.cat, torch.stack):
        assert join([integers, torch.zeros(2, 3)]).dtype == torch.float32
        assert join([integers > 0, integers]).dtype == torch.int64
        with pytest.raises(RuntimeError):
            join([integers, integers.to("meta")])
        with pytest.raises((RuntimeError, ValueError), match="non-empty"):
            join([])
    with_empty = torch.cat([torch.tensor([]), integers])
    assert with_empty.shape == (2, 3) and with_empty.dtype == torch.float32
    assert torch.cat([integers, torch.tensor([])], dim=1).shape == (2, 3)
    with pytest.raises(RuntimeError):  # skipped by cat alone, and 1-D alone
        torch.stack([torch.tensor([]), integers])
    with pytest.raises(RuntimeError):
        torch.cat([torch.zeros(0, 2), integers])


@pytest.mark.claim(
    "tensors/shape#cat-stack",
    "append to a list and call cat once afterwards",
    "The last batch may be smaller, and then stack raises",
    "Without no_grad, append model(x).detach(): otherwise the list keeps the graph of each batch "
    "alive",
)
def test_cat_stack_loop(run):
    names = run("tensors/shape/cat_stack_loop.py")
    model, loader, outputs = names["model"], names["loader"], names["outputs"]
    assert outputs.shape == (100, 3) and not outputs.requires_grad and not model.training
    torch.testing.assert_close(outputs, model(loader.dataset.tensors[0]).detach())
    batches = [model(x) for (x,) in loader]
    assert [len(b) for b in batches] == [32, 32, 32, 4]
    with pytest.raises(RuntimeError, match="equal size"):
        torch.stack(batches)
    assert all(b.grad_fn and not b.detach().grad_fn for b in batches)


@pytest.mark.claim(
    "tensors/shape#cat-stack",
    "out = torch.cat([out, x]) in a loop copies everything gathered so far on each pass",
)
def test_cat_stack_in_a_loop_copies():
    out = torch.zeros(0, 5)
    for x in torch.rand(3, 2, 5):
        before = out
        out = torch.cat([out, x])
        assert address(out) != address(before) and torch.equal(out[: len(before)], before)


@pytest.mark.claim(
    "tensors/shape#expand",
    "stretches dimensions of size 1 without new memory. The result is a view whose stretched "
    "dimensions have stride 0",
    "expand changes nothing in place: x.expand(64, -1) on a line of its own has no effect",
)
def test_expand(run):
    names = run("tensors/shape/expand.py")
    token, tokens, scale, grid = (names[k] for k in ("token", "tokens", "scale", "grid"))
    assert tokens.shape == (64, 1, 16) and tokens.stride() == (0, 16, 1)
    assert grid.shape == (64, 512, 7, 7) and grid.stride()[2:] == (0, 0)
    assert address(tokens) == address(token) and address(grid) == address(scale)
    assert torch.equal(tokens[63], token[0]) and torch.equal(grid[3, 4, 5, 6], scale[3, 4])
    writable = names["writable"]
    assert writable.untyped_storage().nbytes() == 49 * scale.untyped_storage().nbytes()
    x = torch.rand(1, 3)
    x.expand(64, -1)
    assert x.shape == (1, 3)
    # where nothing is stretched, the stride stays
    assert x.expand(1, 3).stride() == (3, 1)
    with pytest.raises(RuntimeError):
        torch.rand(3).expand(6)


@pytest.mark.claim(
    "tensors/shape#expand",
    "Missing dimensions are added at the front, so for a scale of shape (64, 512), "
    "scale.expand(64, 512, 7, 7) raises The expanded size of the tensor (7) must match the existing "
    "size (512): add the two at the back first, with [:, :, None, None]. An assignment such as "
    "x[0] = row raises it too if row does not fit",
    "scale[:, :, None, None] * images needs no expand",
)
def test_expand_at_the_front(run):
    names = run("tensors/shape/expand.py")
    scale, images = names["scale"], torch.rand(64, 512, 7, 7)
    assert scale.shape == (64, 512)
    message = r"The expanded size of the tensor \(7\) must match the existing size \(512\)"
    with pytest.raises(RuntimeError, match=message):
        scale.expand(64, 512, 7, 7)
    assert scale[:, :, None, None].expand(64, 512, 7, 7).shape == images.shape
    with pytest.raises(RuntimeError, match="The expanded size of the tensor"):
        torch.ones(2, 3)[0] = torch.ones(2)
    assert scale.expand(7, 7, 64, 512).shape == (7, 7, 64, 512)
    assert torch.equal(scale[:, :, None, None] * images, names["grid"] * images)


@pytest.mark.claim(
    "tensors/shape#expand",
    "On an expanded grid, grid.add_(1) raises "
    "more than one element of the written-to tensor refers to a single memory location: write "
    "grid = grid.clone() first. grid.zero_() and an assignment to one element raise nothing and change all places "
    "that share it, the source included",
)
def test_expand_write(run):
    assert run("tensors/shape/expand_write.py")["grid"].tolist() == [[1, 1, 1], [0, 0, 0]]
    source = torch.rand(2, 1)
    grid = source.expand(-1, 3)
    before = grid.clone()
    with pytest.raises(RuntimeError) as error:
        grid.add_(1)
    message = "more than one element of the written-to tensor refers to a single memory location"
    assert message in str(error.value) and torch.equal(grid, before)
    assert torch.equal(grid.clone().add_(1), before + 1)
    grid[0, 1] = 5
    assert source[0, 0] == 5 and (grid[0] == 5).all() and torch.equal(grid[1], before[1])
    grid.zero_()
    assert not source.any()


@pytest.mark.claim(
    "tensors/shape#contiguous",
    "returns a tensor whose elements lie row by row in memory",
    "A stride is the step in storage, counted in elements, from one index of a dimension to the "
    "next. A transpose swaps two strides and moves no data",
)
def test_contiguous(run):
    names = run("tensors/shape/contiguous.py")
    x, t, packed = names["x"], names["t"], names["packed"]
    assert x.stride() == (3, 1) and t.stride() == (1, 3) and address(t) == address(x)
    assert packed.is_contiguous() and torch.equal(packed, t) and address(packed) != address(x)
    # the order of the elements in storage
    assert t.as_strided((6,), (1,)).tolist() == [0, 1, 2, 3, 4, 5]
    assert packed.as_strided((6,), (1,)).tolist() == [0, 3, 1, 4, 2, 5]
    for dim, neighbor in enumerate((x[1, 0], x[0, 1])):
        assert neighbor.data_ptr() - x.data_ptr() == x.stride(dim) * x.element_size()
    # "Call it before view"
    with pytest.raises(RuntimeError):
        t.view(-1)
    assert t.contiguous().view(-1).tolist() == [0, 3, 1, 4, 2, 5]
    # a transpose may be contiguous: no sentence says that it never is
    assert torch.rand(1, 3).T.is_contiguous()


@pytest.mark.claim(
    "tensors/shape#contiguous",
    "On a tensor that is contiguous already, contiguous() returns the tensor itself",
    "t.clone() keeps the strides of the transpose t, so it is not contiguous either. "
    "t.clone(memory_format=torch.contiguous_format) is",
)
def test_contiguous_or_clone(run):
    names = run("tensors/shape/contiguous.py")
    x, t = names["x"], names["t"]
    for already in (x, torch.rand(2, requires_grad=True), torch.zeros(0, 3), torch.tensor(1)):
        assert already.contiguous() is already
    assert t.clone().stride() == t.stride() and not t.clone().is_contiguous()
    assert t.clone(memory_format=torch.contiguous_format).is_contiguous()
    # only dense tensors keep their strides: a view with gaps or stretched dimensions does not
    assert torch.rand(4, 6)[:, ::2].clone().is_contiguous()
    assert torch.rand(2, 1).expand(2, 3).clone().is_contiguous()


@pytest.mark.claim(
    "tensors/shape#contiguous",
    "For an images of shape (8, 3, 32, 32) in channels_last, is_contiguous() gives False. Ask "
    "images.is_contiguous(memory_format=torch.channels_last)",
)
def test_contiguous_channels_last():
    images = torch.rand(8, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    assert not images.is_contiguous()
    assert images.is_contiguous(memory_format=torch.channels_last)
    # one channel is contiguous in both senses
    gray = images[:, :1].contiguous(memory_format=torch.channels_last)
    assert gray.is_contiguous() and gray.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.claim(
    "tensors/shape#contiguous",
    "The data_ptr() of the tensor itself includes its offset, and x[1:] differs from x in it",
    "An empty storage has address 0, and so has one on meta: two such tensors pass for shared",
    "Two tensors made by from_numpy from parts of one array share memory, but each has a storage "
    "of its own",
)
def test_contiguous_storage(run):
    names = run("tensors/shape/contiguous_storage.py")
    x, share = names["x"], names["share_storage"]
    assert x[1:].data_ptr() - x.data_ptr() == 3 * x.element_size()
    assert share(x, x[1:]) and share(x, x.T) and share(x, x.detach())
    assert not share(x, x.clone()) and not share(x, x + 0)
    assert address(torch.empty(0)) == address(torch.empty(3, device="meta")) == 0
    assert share(torch.empty(0), torch.empty(0))
    array = np.zeros(4)
    whole, part = torch.from_numpy(array), torch.from_numpy(array[1:])
    part[0] = 7
    assert whole[1] == 7 and not share(whole, part)


@pytest.mark.claim(
    "tensors/shape#contiguous",
    "storage() is deprecated and returns a new object on each call",
)
def test_contiguous_storage_by_id():
    x = torch.rand(3)
    with pytest.warns(UserWarning, match="TypedStorage is deprecated"):
        x.storage()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first, second = x.storage(), x.storage()
        assert first is not second


@pytest.mark.claim(
    "tensors/shape#named-dimensions",
    "To move a single dimension, write images.movedim(C, -1)",
)
def test_named_dimensions(run):
    names = run("tensors/shape/named_dimensions.py")
    images, channels_last = names["images"], names["channels_last"]
    assert (names["N"], names["C"], names["H"], names["W"]) == (0, 1, 2, 3)
    assert torch.equal(names["red"], images[:, 0])
    torch.testing.assert_close(names["means"][5, 2], images[5, 2].mean())
    assert torch.equal(channels_last[5, :, :, 2], images[5, 2])
    assert torch.equal(images.movedim(names["C"], -1), channels_last)
    weighted = (images * names["weights"][:, None, None]).sum(dim=1)
    torch.testing.assert_close(names["gray"], weighted)


@pytest.mark.claim(
    "tensors/shape#named-dimensions",
    "Named tensors (names=, align_to) were removed in torch 2.13",
)
def test_named_dimensions_named_tensors_are_gone():
    with pytest.raises(TypeError):
        torch.randn(2, 3, names=("N", "C"))
    with pytest.raises(TypeError):
        torch.zeros(2, 3).sum("C")
    gone = ("names", "rename", "refine_names", "align_to", "align_as")
    assert not any(hasattr(torch.Tensor, name) for name in gone)


@pytest.mark.claim(
    "tensors/shape#named-dimensions",
    "channels_last.mean(dim=C) raises nothing and averages over the height",
    "A reduction drops its dimension, and the later ones move up: after images.mean(dim=C), H is "
    "the width. To keep the numbering, pass keepdim=True",
)
def test_named_dimensions_hold_for_one_layout(run):
    names = run("tensors/shape/named_dimensions.py")
    images, channels_last = names["images"], names["channels_last"]
    channel, height = names["C"], names["H"]
    over_height = images.mean(dim=height).movedim(1, -1)
    torch.testing.assert_close(channels_last.mean(dim=channel), over_height)
    assert images.mean(dim=channel).shape[height] == 48
    assert images.mean(dim=channel, keepdim=True).shape[height] == 56


@pytest.mark.claim(
    "tensors/shape#named-dimensions",
    "einsum names dimensions by letters and compares their sizes",
)
def test_named_dimensions_einsum_checks_sizes(run):
    images = run("tensors/shape/named_dimensions.py")["images"]
    with pytest.raises(RuntimeError, match="does not broadcast"):
        torch.einsum("nchw,c->nhw", images, torch.ones(4))


@pytest.mark.claim(
    "tensors/shape#squeeze-permute",
    "adds a dimension of size 1, squeeze(dim) drops one, transpose swaps two, and permute puts all "
    "of them in a new order",
)
def test_squeeze_permute(run):
    names = run("tensors/shape/squeeze_permute.py")
    image, scores, x = (names[k] for k in ("image", "scores", "x"))
    assert torch.equal(names["flat"], scores[:, 0])
    assert names["column"].shape == (8, 1) and torch.equal(names["column"], scores)
    assert torch.equal(names["column"], names["flat"][:, None])
    chw, batch = names["chw"], names["batch"]
    assert chw.shape == (3, 48, 64) and torch.equal(chw[2, 5, 7], image[5, 7, 2])
    assert batch.shape == (1, 3, 48, 64) and torch.equal(batch[0], chw)
    assert torch.equal(names["y"], x.mT) and torch.equal(names["y"][3, :, 5], x[3, 5])
    heads = names["heads"]
    assert heads.shape == (8, 4, 10, 16)
    assert torch.equal(heads[3, 2, 5], x[3, 5, 32:48])
    assert torch.equal(names["merged"], x)
    # "of size 1", at each place from the front to the back
    a = torch.zeros(2, 3)
    shapes = [tuple(a.unsqueeze(dim).shape) for dim in (0, 1, 2, -1)]
    assert shapes == [(1, 2, 3), (2, 1, 3), (2, 3, 1), (2, 3, 1)]
    with pytest.raises(IndexError, match="out of range"):
        a.unsqueeze(3)
    with pytest.raises(RuntimeError, match="does not match the length"):
        a.permute(1)


@pytest.mark.claim(
    "tensors/shape#squeeze-permute",
    "squeeze() without an argument drops every dimension of size 1, and in a batch of one sample "
    "that includes the batch dimension",
    "squeeze(1) raises nothing where that size is not 1: a scores of shape (8, 2) stays (8, 2). "
    "NumPy raises an error",
)
def test_squeeze_permute_bare(run):
    last = run("tensors/shape/squeeze_permute_bare.py")["last"]
    assert last.squeeze().shape == () and last.squeeze(1).shape == (1,)
    assert torch.zeros(1, 3, 1, 2, 1).squeeze().shape == (3, 2)
    assert torch.zeros(8, 1).squeeze().shape == (8,)  # with more samples, nobody notices
    assert torch.zeros(0, 1).squeeze().shape == (0,)
    scores = torch.zeros(8, 2)
    assert scores.squeeze(1).shape == (8, 2)
    with pytest.raises(ValueError, match="not equal to one"):
        np.squeeze(scores.numpy(), axis=1)


@pytest.mark.claim(
    "tensors/shape#squeeze-permute",
    "Dimension out of range (expected to be in range of [-1, 0], but got 1): the tensor has fewer "
    "dimensions than dim asks for, here one",
)
def test_squeeze_permute_dim_out_of_range():
    row = torch.ones(1, 3).squeeze()
    for use in (torch.sum, torch.softmax, torch.flatten):
        with pytest.raises(IndexError) as error:
            use(row, 1)
        assert "Dimension out of range (expected to be in range of [-1, 0], but got 1)" in str(
            error.value
        )


@pytest.mark.claim(
    "tensors/shape#squeeze-permute",
    "permute(2, 0, 1) is undone by permute(1, 2, 0), not by a second permute(2, 0, 1). For "
    "plotting, chw.permute(1, 2, 0) makes (H, W, C) again. To move one dimension, write "
    "image.movedim(-1, 0)",
    "NumPy's np.expand_dims is unsqueeze, and np.transpose(image, (2, 0, 1)) is permute: transpose "
    "here swaps two dimensions",
)
def test_squeeze_permute_undone(run):
    names = run("tensors/shape/squeeze_permute.py")
    image, chw = names["image"], names["chw"]
    assert torch.equal(chw.permute(1, 2, 0), image)
    assert chw.permute(2, 0, 1).shape == (64, 3, 48)
    assert torch.equal(image.movedim(-1, 0), chw)
    assert np.array_equal(np.transpose(image.numpy(), (2, 0, 1)), chw)
    assert np.array_equal(np.expand_dims(image.numpy(), 0), image.unsqueeze(0))
    with pytest.raises(TypeError):
        torch.transpose(image, (2, 0, 1))
    assert image.transpose(0, 1).shape == (64, 48, 3)


@pytest.mark.claim(
    "tensors/shape#squeeze-permute",
    "All results of the block are views: a write into one changes its source. flatten copies where "
    "the strides allow no view, as in y.flatten(1); y.view(8, 640) raises there",
)
def test_squeeze_permute_views(run):
    names = run("tensors/shape/squeeze_permute.py")
    sources = {"flat": "scores", "column": "scores", "chw": "image", "batch": "image"}
    sources |= {"y": "x", "heads": "x", "merged": "x"}
    for result, source in sources.items():
        assert address(names[result]) == address(names[source])
        names[result].fill_(7)
        assert (names[source] == 7).all()
        names[source].uniform_()
    y = names["y"]
    assert address(y.flatten(1)) != address(y)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        y.view(8, 640)
    # after attention, heads are a tensor of their own, and then the merge copies
    attended = (names["heads"] @ names["heads"].mT) @ names["heads"]
    merged = attended.transpose(1, 2).flatten(2)
    assert address(merged) != address(attended)
    assert torch.equal(merged[3, 5, 32:48], attended[3, 2, 5])


@pytest.mark.claim(
    "tensors/shape#squeeze-permute",
    "x.reshape(8, 4, 10, 16) has the shape of heads, raises nothing, and mixes time steps with "
    "heads",
)
def test_squeeze_permute_heads(run):
    names = run("tensors/shape/squeeze_permute.py")
    x, heads = names["x"], names["heads"]
    mixed = x.reshape(8, 4, 10, 16)
    assert mixed.shape == heads.shape and not torch.equal(mixed, heads)
    assert torch.equal(mixed[0, 0, :4].flatten(), x[0, 0])  # four "steps" are one step


@pytest.mark.claim(
    "tensors/shape#split-chunk",
    "cuts parts of a given size, chunk(n) and tensor_split(n) cut into n parts, unbind takes a "
    "dimension apart, and unfold makes sliding windows",
)
def test_split_chunk(run):
    names = run("tensors/shape/split_chunk.py")
    x, qkv, signal = (names[k] for k in ("x", "qkv", "signal"))
    assert [p.tolist() for p in names["parts"]] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert torch.equal(names["head"], x[:8]) and torch.equal(names["tail"], x[8:])
    for i, part in enumerate((names["q"], names["k"], names["v"])):
        assert torch.equal(part, qkv[:, :, 64 * i : 64 * i + 64])
    assert [p.tolist() for p in names["pieces"]] == [[0, 1, 2], [3, 4, 5], [6, 7], [8, 9]]
    assert len(names["steps"]) == 100 and torch.equal(names["steps"][7], signal[:, 7])
    windows = names["windows"]
    assert all(torch.equal(windows[:, i], signal[:, 10 * i : 10 * i + 20]) for i in range(9))


@pytest.mark.claim(
    "tensors/shape#split-chunk",
    "chunk(n) can give fewer than n parts, and unpacking them raises not enough values to unpack: "
    "tensor_split(n) gives n, empty ones if need be",
)
def test_split_chunk_fewer(run):
    x = run("tensors/shape/split_chunk_fewer.py")["x"]
    with pytest.raises(ValueError, match="not enough values to unpack"):
        _, _, _, _ = x.chunk(4)
    for size in range(12):
        for n in range(1, 8):
            whole = torch.arange(size)
            chunks, pieces = whole.chunk(n), whole.tensor_split(n)
            assert len(chunks) <= n == len(pieces)
            assert torch.equal(torch.cat(chunks), whole) and torch.equal(torch.cat(pieces), whole)
            sizes = [len(p) for p in pieces]
            assert max(sizes) - min(sizes) <= 1
    assert [len(p) for p in torch.arange(2).tensor_split(3)] == [1, 1, 0]


@pytest.mark.claim(
    "tensors/shape#split-chunk",
    "The default is dim=0, the batch: q, k, v = qkv.chunk(3) cuts the batch of 8 into 3, 3, and 2 "
    "and raises nothing",
    "The sizes given to split must add up to the whole; otherwise it raises split_with_sizes "
    "expects split_sizes to sum exactly to 10",
    "np.split(x, 2) makes 2 parts, x.split(2) makes parts of 2. NumPy's array_split is tensor_split",
)
def test_split_chunk_arguments(run):
    names = run("tensors/shape/split_chunk.py")
    x = names["x"]
    q, k, v = names["qkv"].chunk(3)
    assert [len(q), len(k), len(v)] == [3, 3, 2]
    for sizes in ([7, 2], [7, 4]):
        with pytest.raises(RuntimeError) as error:
            x.split(sizes)
        message = "split_with_sizes expects split_sizes to sum exactly to 10"
        assert message in str(error.value)
    assert len(np.split(x.numpy(), 2)) == 2 and len(x.split(2)) == 5
    for n in range(1, 13):
        for ours, theirs in zip(x.tensor_split(n), np.array_split(x.numpy(), n), strict=True):
            assert ours.tolist() == theirs.tolist()


@pytest.mark.claim(
    "tensors/shape#split-chunk",
    "puts the window last and drops what fills no window: x.unfold(0, 4, 4) has 2 windows. A moving "
    "average is signal.unfold(1, 20, 1).mean(-1)",
    "F.unfold is another operation",
)
def test_split_chunk_windows(run):
    names = run("tensors/shape/split_chunk.py")
    x, signal = names["x"], names["signal"]
    assert x.unfold(0, 4, 4).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert torch.zeros(8, 100, 3).unfold(1, 20, 10).shape == (8, 9, 3, 20)
    average = signal.unfold(1, 20, 1).mean(-1)
    pooled = F.avg_pool1d(signal[:, None], 20, stride=1)[:, 0]
    torch.testing.assert_close(average, pooled)
    with pytest.raises(RuntimeError, match="maximum size"):
        x.unfold(0, 11, 1)
    # blocks of an image, as columns
    assert F.unfold(torch.zeros(1, 3, 8, 8), 4, stride=4).shape == (1, 48, 4)


@pytest.mark.claim(
    "tensors/shape#split-chunk",
    "A write into a part changes its source, and overlapping windows share elements: windows.mul_(2) "
    "raises nothing and may double one of them more than once",
    "for a part that you keep, or save with torch.save: it holds the memory of the whole",
)
def test_split_chunk_views(run):
    names = run("tensors/shape/split_chunk.py")
    x, qkv, signal = (names[k] for k in ("x", "qkv", "signal"))
    for part in (*names["parts"], names["head"], names["tail"], *names["pieces"]):
        assert address(part) == address(x)
        part[0] = -1
        assert (x == -1).any()
        x.copy_(torch.arange(10))
    assert {address(names[k]) for k in "qkv"} == {address(qkv)}
    for part in (names["steps"][5], names["windows"]):
        assert address(part) == address(signal)
    before = signal.clone()
    names["windows"].mul_(2)
    assert (signal > 2 * before).any()
    # memory, in the process and in a file
    big = torch.zeros(1000)
    part = big.split(10)[0]
    assert part.untyped_storage().nbytes() == 4000
    sizes = []
    for saved in (part, part.clone()):
        torch.save(saved, file := io.BytesIO())
        sizes.append(len(file.getvalue()))
    assert sizes[0] - sizes[1] > 3900


@pytest.mark.claim(
    "tensors/shape#split-chunk",
    "Where gradients are recorded, an in-place operation on a part from split, chunk, or unbind "
    "raises This view is the output of a function that returns multiple views",
    "clone() the part first",
)
def test_split_chunk_in_place():
    cuts = {
        "split": lambda x: x.split(2),
        "sizes": lambda x: x.split([1, 3]),
        "chunk": lambda x: x.chunk(2),
        "unbind": lambda x: x.unbind(),
    }
    message = "This view is the output of a function that returns multiple views"
    leaf = torch.ones(4, 4, requires_grad=True)
    for cut in cuts.values():
        for source in (leaf, leaf * 1):
            with pytest.raises(RuntimeError) as error:
                cut(source)[0].mul_(2)
            assert message in str(error.value)
            assert cut(source)[0].clone().mul_(2).requires_grad
        # without gradients, and with no_grad, nothing raises
        cut(leaf.detach().clone())[0].mul_(2)
        with torch.no_grad():
            cut(leaf * 1)[0].mul_(2)
    # the sentence does not name tensor_split
    (leaf * 1).tensor_split(2)[0].mul_(2)


@pytest.mark.claim(
    "tensors/shape#repeat-interleave",
    "repeats the whole tensor, and repeat_interleave each of its elements. Both copy; expand does "
    "not",
)
def test_repeat_interleave(run):
    names = run("tensors/shape/repeat_interleave.py")
    x, counts = names["x"], names["counts"]
    assert names["tiled"].tolist() == [1, 2, 3, 1, 2, 3]
    assert names["each"].tolist() == [1, 1, 2, 2, 3, 3]
    assert names["some"].tolist() == [1, 1, 3] and counts.tolist() == [2, 0, 1]
    assert names["rows"].shape == names["shared"].shape == (2, 3)
    assert address(names["shared"]) == address(x)
    copies = [names[k] for k in ("tiled", "each", "some", "rows")]
    copies += [x.repeat(1), x.tile(1), x.repeat_interleave(1), x.repeat_interleave(1, dim=0)]
    assert all(address(copy) != address(x) for copy in copies)


@pytest.mark.claim(
    "tensors/shape#repeat-interleave",
    "In a batch, the two differ in the order of the copies. Repeat the labels in the same way: "
    "nothing raises if they no longer match",
    "Without dim, repeat_interleave flattens first: batch.repeat_interleave(3) is 1-D",
)
def test_repeat_interleave_batch(run):
    names = run("tensors/shape/repeat_interleave_batch.py")
    batch, beams, tiled = names["batch"], names["beams"], names["tiled"]
    assert (beams.unflatten(0, (2, 3)) == batch[:, None]).all()
    assert (tiled.unflatten(0, (3, 2)) == batch).all()
    assert batch.repeat_interleave(3).ndim == 1
    labels = torch.tensor([0, 1])
    logits = F.one_hot(batch[:, 0] - 1).float().repeat_interleave(3, dim=0)
    right = F.cross_entropy(logits, labels.repeat_interleave(3))
    assert F.cross_entropy(logits, labels.repeat(3)) > right


@pytest.mark.claim(
    "tensors/shape#repeat-interleave",
    "np.tile is repeat or tile, and np.repeat is repeat_interleave. repeat is only a method: there "
    "is no torch.repeat",
    "repeat with fewer numbers than dimensions raises "
    "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: "
    "write 1 for a dimension to leave alone, or tile(2), which repeats the last one",
)
def test_repeat_interleave_names():
    batch = torch.arange(6).reshape(2, 3)
    for repeats in ((2, 1), (1, 2), (2, 1, 3)):
        tiled = np.tile(batch.numpy(), repeats)
        assert np.array_equal(batch.repeat(*repeats), tiled)
        assert np.array_equal(batch.tile(repeats), tiled)
    for dim in (0, 1, None):
        repeated = np.repeat(batch.numpy(), 2, axis=dim)
        assert np.array_equal(batch.repeat_interleave(2, dim=dim), repeated)
    assert not hasattr(torch, "repeat")
    assert batch.repeat(4, 1, 1).shape == (4, 2, 3)
    with pytest.raises(RuntimeError) as error:
        batch.repeat(2)
    message = "Number of dimensions of repeat dims can not be smaller than number of dimensions"
    assert message in str(error.value)
    assert torch.equal(batch.tile(2), batch.repeat(1, 2))


@pytest.mark.claim(
    "tensors/shape#repeat-interleave",
    "counts is a tensor of integers; a list raises TypeError. On CUDA, the CPU waits for its sum: "
    "if you know it, pass output_size",
)
def test_repeat_interleave_counts():
    x, counts = torch.tensor([1, 2, 3]), torch.tensor([2, 0, 1])
    with pytest.raises(TypeError):
        x.repeat_interleave([2, 0, 1])
    with pytest.raises(NotImplementedError):
        x.repeat_interleave(counts.float())
    assert x.repeat_interleave(counts, output_size=3).tolist() == [1, 1, 3]
    # on meta, too, the size cannot be read from the counts
    with pytest.raises(RuntimeError, match="without output_size"):
        x.to("meta").repeat_interleave(counts.to("meta"))
    assert x.to("meta").repeat_interleave(counts.to("meta"), output_size=3).shape == (3,)


@pytest.mark.claim(
    "tensors/shape#broadcasting",
    "Line the shapes up at the right; dimensions missing at the left count as 1",
    "In each dimension, the sizes must be equal, or one of them must be 1",
    "A size of 1 is stretched to the other size, without being copied",
    "says what comes out, or raises",
)
def test_broadcasting_rule():
    shapes = [(), (1,), (3,), (0,), (2, 3), (2, 1), (1, 3), (3, 2), (4, 1, 3), (4, 2, 1), (1, 0)]
    for a in shapes:
        for b in shapes:
            ndim = max(len(a), len(b))
            pairs = zip((1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b, strict=True)
            pairs = list(pairs)
            x, y = torch.ones(a), torch.ones(b)
            if all(m == n or 1 in (m, n) for m, n in pairs):
                expected = tuple(n if m == 1 else m for m, n in pairs)
                assert (x + y).shape == torch.broadcast_shapes(a, b) == expected
                assert all(
                    address(stretched) == address(source)
                    for stretched, source in zip(torch.broadcast_tensors(x, y), (x, y), strict=True)
                )
            else:
                with pytest.raises(RuntimeError):
                    x + y
                with pytest.raises(RuntimeError):
                    torch.broadcast_shapes(a, b)


@pytest.mark.claim(
    "tensors/shape#broadcasting",
    "The size of tensor a (32) must match the size of tensor b (3) at non-singleton dimension 3: "
    "shapes are lined up at the right, and images - mean has 32 and 3 there. "
    "Add dimensions of size 1 at the back: mean[:, None, None]",
    "pairs holds N * M * D numbers",
)
def test_broadcasting(run):
    names = run("tensors/shape/broadcasting.py")
    images, mean, x, y = (names[k] for k in ("images", "mean", "x", "y"))
    assert torch.equal(names["centered"][5, 2], images[5, 2] - mean[2])
    torch.testing.assert_close(x - names["rows"], x.mean(dim=1)[:, None].expand(6, 4))
    assert torch.equal(names["pairs"][4, 3], x[4] - y[3])
    assert names["pairs"].untyped_storage().nbytes() == 6 * 5 * 4 * 4
    with pytest.raises(RuntimeError) as error:
        images - mean
    message = "The size of tensor a (32) must match the size of tensor b (3) at non-singleton"
    assert message in str(error.value)


@pytest.mark.claim(
    "tensors/shape#broadcasting",
    "(N, 1) with (N,) gives (N, N), and nothing raises",
    "without it, the x - x.mean(dim=1) of the block raises. For a square x, it raises nothing and "
    "subtracts along the wrong dimension",
    "With as many channels as columns, images - mean raises nothing and subtracts from columns",
)
def test_broadcasting_square(run):
    names = run("tensors/shape/broadcasting_square.py")
    x, scale = names["x"], names["scale"]
    assert torch.equal((x * scale[:, None])[1], x[1] * scale[1])
    assert torch.equal((x * scale)[:, 1], x[:, 1] * scale[1])
    assert (torch.ones(3, 1) - torch.ones(3)).shape == (3, 3)
    with pytest.raises(RuntimeError, match="must match"):
        torch.rand(6, 4) - torch.rand(6, 4).mean(dim=1)
    column = torch.rand(5, 1)  # raises nothing either: "of the block"
    assert (column - column.mean(dim=1)).shape == (5, 5)
    wrong = x - x.mean(dim=1)
    assert wrong.mean(dim=1).any()
    assert torch.equal(wrong[:, 1], x[:, 1] - x[1].mean())
    images, mean = torch.rand(8, 3, 5, 3), torch.rand(3)
    assert torch.equal((images - mean)[..., 2], images[..., 2] - mean[2])


@pytest.mark.claim(
    "tensors/shape#broadcasting",
    "With an a of shape (3, 1), a += torch.ones(3) raises output with shape [3, 1] doesn't match "
    "the broadcast shape [3, 3]: write a = a + torch.ones(3)",
    "The gradient of a stretched operand is summed over the stretched places and has the shape of "
    "the operand",
)
def test_broadcasting_in_place_and_gradients():
    a = torch.ones(3, 1)
    with pytest.raises(RuntimeError) as error:
        a += torch.ones(3)
    message = "output with shape [3, 1] doesn't match the broadcast shape [3, 3]"
    assert message in str(error.value)
    assert (a + torch.ones(3)).shape == (3, 3)
    b = torch.ones(2, 3)
    b += torch.ones(3)  # the right side may be stretched
    assert (b == 2).all()
    with pytest.raises(RuntimeError, match="doesn't match the broadcast shape"):
        b += torch.ones(1, 2, 3)  # not even by a 1 at the front
    bias = torch.zeros(3, requires_grad=True)
    weight = torch.rand(8, 3)
    ((torch.rand(8, 3) + bias) * weight).sum().backward()
    torch.testing.assert_close(bias.grad, weight.sum(dim=0))
