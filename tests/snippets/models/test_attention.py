import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.attention.bias import causal_lower_right

sdpa = F.scaled_dot_product_attention

READER = {
    "sdpa": """
self = nn.Module()
self.qkv, self.heads, self.dropout = nn.Linear(4, 12), 2, 0.1
x = torch.randn(8, 5, 4)
""",
    "attention_masks": """
q, k, v = torch.randn(3, 2, 4, 5, 8)
lengths = torch.tensor([5, 3])
""",
}


def by_formula(q, k, v, mask=None, scale=None):
    scores = q @ k.mT * (scale or q.shape[-1] ** -0.5)
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return scores.softmax(dim=-1) @ v


@pytest.mark.claim(
    "models/attention#sdpa",
    "Bring queries, keys, and values into the shape (N, heads, L, E)",
    "Pass dropout_p in training only, and is_causal=True where a position must not see later ones",
)
def test_sdpa(run):
    model = run("models/attention/sdpa.py")["model"]
    x = torch.randn(2, 10, 32)
    assert not torch.equal(model(x), model(x))  # dropout
    model.eval()
    assert torch.equal(model(x), model(x))

    changed = x.clone()
    changed[:, 6] += 1
    torch.testing.assert_close(model(x)[:, :6], model(changed)[:, :6])
    assert not torch.isclose(model(x)[:, 6:], model(changed)[:, 6:]).all(dim=-1).any()

    # The same weights in torch's own layer give the same result.
    other = nn.MultiheadAttention(32, 4, batch_first=True).eval()
    other.in_proj_weight, other.in_proj_bias = model.qkv.weight, model.qkv.bias
    other.out_proj.load_state_dict(model.out.state_dict())
    hidden = torch.ones(10, 10, dtype=torch.bool).triu(1)
    expected, _ = other(x, x, x, attn_mask=hidden)
    torch.testing.assert_close(model(x), expected)


@pytest.mark.claim(
    "models/attention#sdpa",
    "It computes the formula below, in fused kernels where they can run",
    "scale defaults to 1/√E",
)
def test_sdpa_formula(run):
    names = run("models/attention/sdpa_formula.py")
    torch.testing.assert_close(names["out"], names["weights"] @ names["v"])
    torch.testing.assert_close(names["weights"].sum(dim=-1), torch.ones(2, 4, 6))
    for shape in ((2, 4, 6, 8), (4, 6, 8), (6, 8), (1, 1, 1, 3), (0, 4, 6, 8)):
        for dtype in (torch.float32, torch.float64):
            q = torch.randn(shape, dtype=dtype)
            k, v = torch.randn(2, *shape[:-2], 5, shape[-1], dtype=dtype)
            torch.testing.assert_close(sdpa(q, k, v), by_formula(q, k, v))
            torch.testing.assert_close(sdpa(q, k, v, scale=1.0), by_formula(q, k, v, scale=1.0))
    wide = torch.randn(2, 4, 5, 11)  # values of another width
    q, k = torch.randn(2, 4, 6, 8), torch.randn(2, 4, 5, 8)
    torch.testing.assert_close(sdpa(q, k, wide), by_formula(q, k, wide))


@pytest.mark.claim(
    "models/attention#sdpa",
    "with enable_gqa=True, several query heads share one head of keys and values",
    "Without enable_gqa, 8 query heads and 2 key heads raise RuntimeError. "
    "With it, the number of query heads must be a multiple of the other",
)
def test_sdpa_gqa(run):
    names = run("models/attention/sdpa_gqa.py")
    torch.testing.assert_close(names["out"], names["same"])
    q = torch.randn(1, 8, 3, 4)
    for heads in (1, 2, 4, 8):
        k, v = torch.randn(2, 1, heads, 3, 4)
        out = sdpa(q, k, v, enable_gqa=True)
        for i in range(8):  # neighbours share
            j = i // (8 // heads)
            torch.testing.assert_close(out[:, i], sdpa(q[:, i], k[:, j], v[:, j]))
    for heads, gqa in ((2, False), (3, True)):
        k, v = torch.randn(2, 1, heads, 3, 4)
        with pytest.raises(RuntimeError):
            sdpa(q, k, v, enable_gqa=gqa)


@pytest.mark.claim(
    "models/attention#sdpa",
    "sdpa_kernel restricts the choice",
    "If no backend that sdpa_kernel allows can run, the CPU raises "
    "No viable backend for scaled_dot_product_attention was found: allow SDPBackend.MATH too",
    "Backends differ in rounding",
)
def test_sdpa_backends(run):
    names = run("models/attention/sdpa_backends.py")
    q, k, v = (names[n].cpu() for n in "qkv")
    torch.testing.assert_close(names["fast"], names["slow"], atol=0.03, rtol=0.03)
    with (
        sdpa_kernel(SDPBackend.EFFICIENT_ATTENTION),
        pytest.raises(RuntimeError, match="No viable backend for scaled_dot_product_attention"),
    ):
        sdpa(q, k, v)
    with sdpa_kernel([SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]):
        sdpa(q, k, v)
    q, k, v = torch.randn(3, 1, 4, 64, 32)
    results = []
    for backend in (SDPBackend.MATH, SDPBackend.FLASH_ATTENTION):
        with sdpa_kernel(backend):
            results.append(sdpa(q, k, v))
    torch.testing.assert_close(*results)
    assert not torch.equal(*results)


@pytest.mark.claim(
    "models/attention#sdpa",
    "attn_mask and is_causal=True together raise "
    "Explicit attn_mask should not be set when is_causal=True",
    "is_causal=True aligns the triangle at the top left: "
    "with a KV cache, one new query sees the first key only",
)
def test_sdpa_causal():
    q, k, v = torch.randn(3, 1, 2, 5, 4)
    triangle = torch.ones(5, 5, dtype=torch.bool).tril()
    message = "Explicit attn_mask should not be set when is_causal=True"
    for mask in (triangle, torch.zeros(5, 5)):
        with pytest.raises(RuntimeError, match=message):
            sdpa(q, k, v, attn_mask=mask, is_causal=True)
    for new in range(1, 6):
        out = sdpa(q[:, :, :new], k, v, is_causal=True)
        torch.testing.assert_close(out, by_formula(q[:, :, :new], k, v, triangle[:new]))
    torch.testing.assert_close(sdpa(q[:, :, -1:], k, v, is_causal=True), v[:, :, :1])


@pytest.mark.claim(
    "models/attention#sdpa",
    "Without transpose(1, 2), the heads of one position attend to each other, "
    "and positions never meet. The shape of the result is the one you expect",
    "view(N, heads, L, E) in place of the transposition mixes positions and heads",
)
def test_sdpa_layout():
    x = torch.randn(2, 6, 3, 4)  # (N, L, heads, E)
    right = sdpa(*[x.transpose(1, 2)] * 3).transpose(1, 2)
    wrong = sdpa(x, x, x)
    assert wrong.shape == right.shape and not torch.allclose(wrong, right)
    for position in range(6):
        torch.testing.assert_close(wrong[:, position], sdpa(*[x[:, position]] * 3))
    viewed = torch.arange(6)[:, None].expand(6, 3).reshape(3, 6)  # the position of each row
    assert viewed.tolist() == [[0, 0, 0, 1, 1, 1], [2, 2, 2, 3, 3, 3], [4, 4, 4, 5, 5, 5]]


@pytest.mark.claim(
    "models/attention#sdpa",
    "With need_weights=False, it calls this function, "
    "or a kernel of its own in evaluation mode without gradients. "
    "The default, True, computes the weights",
)
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_sdpa_in_multihead_attention(monkeypatch, mode):
    calls, x = [], torch.randn(2, 3, 8)
    layer = getattr(nn.MultiheadAttention(8, 2, batch_first=True), mode)()
    monkeypatch.setattr(
        F, "scaled_dot_product_attention", lambda *a, **k: calls.append(1) or sdpa(*a, **k)
    )
    _, weights = layer(x, x, x)
    assert weights.shape == (2, 3, 3) and not calls
    assert layer(x, x, x, need_weights=False)[1] is None and calls
    calls.clear()
    with torch.no_grad():
        layer(x, x, x, need_weights=False)
    assert bool(calls) == (mode == "train")


@pytest.mark.claim(
    "models/attention#attention-masks",
    'In scaled_dot_product_attention, True means "may be seen"',
    "give it a dimension for heads and one for queries, and combine it with the causal mask by &",
)
def test_attention_masks(run):
    names = run("models/attention/attention_masks.py")
    q, k, v, out = (names[n] for n in ("q", "k", "v", "out"))
    for sample, length in enumerate(names["lengths"].tolist()):
        kept = (t[sample, :, :length] for t in (q, k, v))
        torch.testing.assert_close(out[sample, :, :length], sdpa(*kept, is_causal=True))
    assert names["padding"].shape == (2, 1, 1, 5)


@pytest.mark.claim(
    "models/attention#attention-masks",
    "In nn.MultiheadAttention and the nn.Transformer layers, True means the opposite: hidden. "
    "Invert the masks",
)
def test_attention_masks_module(run):
    names = run("models/attention/attention_masks_module.py")
    weights, keep, causal = names["weights"], names["keep"], names["causal"]
    assert torch.equal(weights > 0, keep[:, None] & causal)

    assert torch.equal(causal, torch.ones(5, 5).tril().bool())

    layer, x = names["layer"].eval(), names["x"]
    masks = {"src_mask": ~causal, "src_key_padding_mask": ~keep}
    torch.testing.assert_close(names["out"], layer(x, **masks))
    short = layer(x[1:, :3], src_mask=~causal[:3, :3])
    torch.testing.assert_close(layer(x, **masks)[1:, :3], short)
    decoder = nn.TransformerDecoderLayer(16, 4, batch_first=True).eval()
    whole = decoder(x, x, tgt_mask=~causal, memory_key_padding_mask=~keep)
    short = decoder(x[1:], x[1:, :3], tgt_mask=~causal)
    torch.testing.assert_close(whole[1:], short)


@pytest.mark.claim(
    "models/attention#attention-masks",
    "A query that may see nothing has no weights: by hand they become NaN, "
    "and scaled_dot_product_attention gives zeros, since 2.5",
)
def test_attention_masks_nan(run):
    names = run("models/attention/attention_masks_nan.py")
    assert names["by_hand"][0, 0, 0].isnan().all() and not names["out"][0, 0, 0].any()
    torch.testing.assert_close(names["by_hand"][0, 0, 1], names["out"][0, 0, 1])
    assert names["mask"].tolist() == [[False, False], [True, True]]
    mask, (q, k, v) = names["mask"], torch.randn(3, 1, 2, 2, 8)
    for backend in (SDPBackend.MATH, SDPBackend.FLASH_ATTENTION):
        for form in (mask, torch.zeros(2, 2).masked_fill(~mask, -torch.inf)):
            for dtype in (torch.float32, torch.bfloat16):
                query = q.detach().clone().to(dtype).requires_grad_()
                with sdpa_kernel(backend):
                    out = sdpa(query, k.to(dtype), v.to(dtype), attn_mask=form)
                assert not out[:, :, 0].any() and out.isfinite().all()
                out.sum().backward()
                assert query.grad.isfinite().all()


@pytest.mark.claim(
    "models/attention#attention-masks",
    "With a KV cache, shift the triangle by what is cached. "
    "A single new query needs no causal mask",
    "causal_lower_right(new, past + new) as attn_mask does the same without building the matrix",
    "does not combine with other masks",
)
def test_attention_masks_cache(run):
    names = run("models/attention/attention_masks_cache.py")
    expected = by_formula(names["q"], names["k"], names["v"], names["mask"])
    torch.testing.assert_close(names["out"], expected)
    q, k, v = torch.randn(3, 2, 3, 7, 8)
    whole = sdpa(q, k, v, is_causal=True)
    for new in range(1, 8):
        past, queries = 7 - new, q[:, :, -new:]
        mask = torch.ones(new, past + new, dtype=torch.bool).tril(past)
        bias = causal_lower_right(new, past + new)
        for form in (mask, bias):
            out = sdpa(queries, k, v, attn_mask=form)
            torch.testing.assert_close(out, whole[:, :, -new:])
        if new == 1:
            assert mask.all()
            torch.testing.assert_close(sdpa(queries, k, v), whole[:, :, -1:])
    with pytest.raises(NotImplementedError):
        causal_lower_right(2, 5) & torch.ones(2, 5, dtype=torch.bool)


@pytest.mark.claim(
    "models/attention#attention-masks",
    "In both, a mask of floats is added to the scores: 0 keeps, -torch.inf hides. "
    "mask.float(), made of 1 and 0, hides nothing and raises no error. A mask of integers raises "
    "Expected attn_mask dtype to be bool or float or to match query dtype: write mask.bool()",
)
def test_attention_masks_of_floats():
    q, k, v = torch.randn(3, 1, 2, 3, 4)
    mask = torch.ones(3, 3, dtype=torch.bool).tril()
    added = torch.zeros(3, 3).masked_fill(~mask, -torch.inf)
    torch.testing.assert_close(sdpa(q, k, v, attn_mask=added), sdpa(q, k, v, attn_mask=mask))
    layer, x = nn.MultiheadAttention(4, 2, batch_first=True), torch.randn(1, 3, 4)
    for form, hidden in ((added, 0), (~mask, 0), (mask.float(), None)):
        weights = layer(x, x, x, attn_mask=form)[1]
        assert bool((weights[:, ~mask] == 0).all()) == (hidden == 0)
    ones = torch.eye(3)[None, None]  # each value shows how much it is seen
    assert (sdpa(q, k, ones.expand(1, 2, 3, 3), attn_mask=mask.float()) > 0).all()
    message = "Expected attn_mask dtype to be bool or float or to match query dtype"
    for integers in (mask.long(), mask.int()):
        with pytest.raises(RuntimeError, match=message):
            sdpa(q, k, v, attn_mask=integers)


@pytest.mark.claim(
    "models/attention#attention-masks",
    "attn_mask=keep of shape (N, S) is read as (L, S): an error, or with N == L a wrong result. "
    "Write keep[:, None, None]",
)
def test_attention_masks_without_a_dimension_for_heads():
    q, k, v = torch.randn(3, 4, 2, 4, 8)  # N == L
    keep = torch.arange(4) < torch.tensor([1, 2, 3, 4])[:, None]
    wrong, right = (sdpa(q, k, v, attn_mask=m) for m in (keep, keep[:, None, None]))
    torch.testing.assert_close(wrong, by_formula(q, k, v, keep.expand(4, 2, 4, 4)))
    assert not torch.allclose(wrong, right)
    with pytest.raises(RuntimeError):
        sdpa(q[:3], k[:3], v[:3], attn_mask=keep[:3])
    assert sdpa(q[:3], k[:3], v[:3], attn_mask=keep[:3, None, None]).shape == (3, 2, 4, 8)


@pytest.mark.claim(
    "models/attention#attention-masks",
    "The mask hides keys. Padded queries still give outputs",
    "NaN in a hidden value can still make the output NaN, because 0 · NaN is NaN. Pad with zeros",
    "Masks with -1e9 raise RuntimeError in float16: "
    "take -torch.inf, or torch.finfo(scores.dtype).min, "
    "which averages the values where all are hidden",
)
def test_attention_masks_hide_keys():
    q, k, v = torch.randn(3, 1, 2, 3, 4)
    keep = torch.tensor([True, True, False])[None, None, None]
    out = sdpa(q, k, v, attn_mask=keep)
    assert out[:, :, 2].any()
    v[:, :, 2] = torch.nan
    for backend in (SDPBackend.MATH, SDPBackend.FLASH_ATTENTION):
        with sdpa_kernel(backend):
            assert sdpa(q, k, v, attn_mask=keep).isnan().all()
    torch.testing.assert_close(sdpa(q, k, v.nan_to_num(), attn_mask=keep), out)
    scores = torch.zeros(3, dtype=torch.float16)
    with pytest.raises(RuntimeError, match="without overflow"):
        scores.masked_fill(~keep[0, 0, 0], -1e9)
    for low in (-torch.inf, torch.finfo(scores.dtype).min):
        weights = scores.masked_fill(~keep[0, 0, 0], low).softmax(dim=-1)
        assert weights.tolist() == [0.5, 0.5, 0]
    low = torch.full((3, 3), torch.finfo(torch.float32).min)
    torch.testing.assert_close(
        sdpa(q, k, v.nan_to_num(), attn_mask=low), v.nan_to_num().mean(-2, True).expand_as(v)
    )


@pytest.mark.claim(
    "models/attention#attention-masks",
    "Left padding with a causal mask, or a sequence of length 0, leaves queries without keys",
    "nn.MultiheadAttention then gives NaN with need_weights=True, "
    "and in evaluation mode without gradients possibly with need_weights=False too",
    "By backward(), NaN gets into the gradients of the weights, "
    "even where the loss leaves these positions out",
    "Let each position see itself: mask | torch.eye(L, dtype=torch.bool)",
)
def test_attention_masks_nan_from_padding():
    keep = torch.arange(5) >= torch.tensor([0, 2, 5])[:, None]  # left padding, nothing at all
    mask = keep[:, None, None] & torch.ones(5, 5, dtype=torch.bool).tril()
    blind = ~mask.any(dim=-1)[:, 0]
    assert torch.equal(blind, ~keep)
    x = torch.randn(3, 5, 8)

    def attend(mask, need_weights, training=True, grad=True, heads=2):
        layer = nn.MultiheadAttention(8, heads, batch_first=True).train(training)
        hidden = ~mask.expand(3, heads, 5, 5).flatten(0, 1)
        with torch.set_grad_enabled(grad), warnings.catch_warnings():
            warnings.simplefilter("error")
            return layer, layer(x, x, x, attn_mask=hidden, need_weights=need_weights)[0]

    for training in (True, False):
        layer, out = attend(mask, True, training)
        assert torch.equal(out.isnan().all(dim=-1), blind)
        out[keep].sum().backward()
        for weight in (layer.in_proj_weight, layer.out_proj.weight):
            assert weight.grad.isnan().any()
        assert not attend(mask, False, training)[1].isnan().any()
    assert torch.equal(attend(mask, False, False, grad=False)[1].isnan().all(dim=-1), blind)
    # "possibly": with an odd number of heads, another kernel runs
    assert not attend(mask, False, False, grad=False, heads=1)[1].isnan().any()

    seeing = mask | torch.eye(5, dtype=torch.bool)
    assert torch.equal(seeing[0], mask[0])  # nothing else changes without padding
    for need_weights in (True, False):
        layer, out = attend(seeing, need_weights)
        out[keep].sum().backward()
        assert out.isfinite().all() and layer.in_proj_weight.grad.isfinite().all()
    right = sdpa(x, x, x, attn_mask=mask[:, 0])[keep]
    torch.testing.assert_close(sdpa(x, x, x, attn_mask=seeing[:, 0])[keep], right)
