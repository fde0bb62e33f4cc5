import weakref
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

READER = {
    "long_sequences": """
rnn, head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 1)
optimizer = torch.optim.AdamW([*rnn.parameters(), *head.parameters()])
loss_fn = nn.MSELoss()
x, y = torch.randn(2, 50, 4), torch.randn(2, 50, 1)
""",
    "activation_checkpointing": """
self = nn.Module()
self.blocks = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))
""",
    "delete_intermediates": "loader = DataLoader(x, batch_size=4)",
}


def nbytes(tensors):
    return sum(t.nbytes for t in tensors)


def kept_storages(function):
    """Storages that autograd keeps for backward while `function` runs: address → bytes."""
    kept = {}

    def pack(t):
        kept[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
        return t

    with saved_tensors_hooks(pack, lambda t: t):
        result = function()
    del result
    return kept


def kept_bytes(function, without=()):
    """Bytes of those storages, but for parameters and other tensors given."""
    known = {t.untyped_storage().data_ptr() for t in without}
    return sum(size for address, size in kept_storages(function).items() if address not in known)


@pytest.mark.claim(
    "performance/memory#large-linear",
    "nn.Linear(m, n) holds m·n weights",
    "m is channels times height times width",
)
def test_large_linear(run):
    names = run("performance/memory/large_linear.py")
    pooled, low_rank, flat = (names[k] for k in ("pooled", "low_rank", "flat"))
    sizes = [nbytes(head.parameters()) for head in (pooled, low_rank, flat)]
    m, n = 256 * 7 * 7, 100
    assert flat[1].weight.shape == (n, m)
    assert sizes == [4 * (256 * n + n), 4 * (m * 16 + 16 * n + n), 4 * (m * n + n)]
    assert sizes == sorted(sizes)  # flat is "the largest"
    x = names["x"]
    assert flat(x).shape == low_rank(x).shape == pooled(x).shape == (8, n)
    torch.testing.assert_close(pooled[:2](x), x.mean((-2, -1)))  # "one mean per channel"


@pytest.mark.claim("performance/memory#large-linear", "Pooling to 1×1 drops the position")
def test_large_linear_position(run):
    names = run("performance/memory/large_linear.py")
    x = torch.randn(2, 256, 49)
    shuffled = x[:, :, torch.randperm(49)]
    same = [names["pooled"](t.reshape(2, 256, 7, 7)) for t in (x, shuffled)]
    torch.testing.assert_close(*same)
    for head in (names["low_rank"], names["flat"]):
        other = [head(t.reshape(2, 256, 7, 7)) for t in (x, shuffled)]
        assert not torch.allclose(*other)


@pytest.mark.claim(
    "performance/memory#large-linear",
    "Low rank limits the rank of the weight matrix, here to 16",
    "rank r saves weights only while r·(m + n) < m·n",
)
def test_large_linear_rank(run):
    low_rank = run("performance/memory/large_linear.py")["low_rank"]
    assert torch.linalg.matrix_rank(low_rank[2].weight @ low_rank[1].weight) == 16
    assert low_rank[1].bias is None
    for m, n, r in ((64, 20, 15), (64, 20, 16), (8, 8, 4), (8, 8, 3), (100, 1, 1)):
        sizes = [
            sum(layer.weight.numel() for layer in layers)
            for layers in ((nn.Linear(m, r), nn.Linear(r, n)), (nn.Linear(m, n),))
        ]
        assert (sizes[0] < sizes[1]) == (r * (m + n) < m * n)


@pytest.mark.claim("performance/memory#large-linear", "The old weights fit neither head here")
def test_large_linear_old_weights(run):
    names = run("performance/memory/large_linear.py")
    old = names["flat"].state_dict()
    for head in (names["pooled"], names["low_rank"]):
        with pytest.raises(RuntimeError):
            head.load_state_dict(old)
        assert all(p.shape != old["1.weight"].shape for p in head.parameters())


@pytest.mark.claim(
    "performance/memory#large-linear",
    "To start a low-rank head from them, use the leading singular vectors of torch.linalg.svd",
)
def test_large_linear_svd():
    old, rank = nn.Linear(64, 20), 4
    first, second = nn.Linear(64, rank, bias=False), nn.Linear(rank, 20)
    with torch.no_grad():
        old.weight.copy_(torch.randn(20, rank) @ torch.randn(rank, 64))
        left, scale, right = torch.linalg.svd(old.weight, full_matrices=False)
        first.weight.copy_(right[:rank])
        second.weight.copy_(left[:, :rank] * scale[:rank])
        second.bias.copy_(old.bias)
    x = torch.randn(3, 64)
    torch.testing.assert_close(second(first(x)), old(x), rtol=1e-4, atol=1e-3)


@pytest.mark.claim(
    "performance/memory#large-linear",
    "With AdamW's defaults, weights, gradients, and two states make 4 times the bytes",
    "SGD without momentum needs 2 times",
)
@pytest.mark.parametrize(
    ("make", "times"),
    [
        (optim.AdamW, 4),
        (optim.SGD, 2),
        (lambda p: optim.SGD(p, momentum=0.9), 3),
        (lambda p: optim.AdamW(p, amsgrad=True), 5),  # not the defaults
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_large_linear_training_state(make, times, dtype):
    layer = nn.Linear(200, 100, dtype=dtype)
    optimizer = make(layer.parameters())
    layer(torch.randn(2, 200, dtype=dtype)).sum().backward()
    optimizer.step()
    params = list(layer.parameters())
    states = [
        t
        for s in optimizer.state.values()
        for t in s.values()
        if isinstance(t, torch.Tensor) and t.dim()
    ]
    total = nbytes([*params, *(p.grad for p in params), *states])
    assert total == times * nbytes(params)


@pytest.mark.claim(
    "performance/memory#long-sequences",
    "Each of the 8 chunks keeps about 1/8 of the activations that one backward pass over the "
    "whole sequence would keep",
)
def test_long_sequences(run, monkeypatch):
    calls = []
    for owner, name in (
        (optim.Adam, "zero_grad"),
        (torch.Tensor, "backward"),
        (optim.Adam, "step"),
    ):
        real = getattr(owner, name)
        monkeypatch.setattr(
            owner, name, lambda *a, _r=real, _n=name, **k: (calls.append(_n), _r(*a, **k))[1]
        )
    names = run("performance/memory/long_sequences.py")
    assert calls == ["zero_grad", "backward", "step"] * 8
    rnn, head, x = names["rnn"], names["head"], names["x"]
    params = [*rnn.parameters(), *head.parameters()]
    assert set(names["optimizer"].state) == set(params)
    assert names["state"].grad_fn is None and names["state"].any()
    assert torch.equal(names["xs"], x[:, 140:]) and torch.equal(names["ys"], names["y"][:, 140:])

    def kept(x, state):
        return kept_bytes(lambda: head(rnn(x, state)[0]), [*params, x])

    whole, state = kept(x, None), torch.zeros(1, 8, 16, device=x.device)
    for chunk in x.split(20, dim=1):
        assert kept(chunk, state) == pytest.approx(whole / 8, rel=0.1)


@pytest.mark.claim(
    "performance/memory#long-sequences", "so memory grows linearly with the length of the sequence"
)
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_long_sequences_memory_is_linear(kind):
    rnn = kind(3, 8, batch_first=True)
    x = torch.randn(2, 120, 3)
    a, b, c = (kept_bytes(lambda n=n: rnn(x[:, :n])) for n in (40, 80, 120))
    assert a > 0 and c - b == pytest.approx(b - a, rel=0.2)
    assert c == pytest.approx(3 * a, rel=0.25)


@pytest.mark.claim(
    "performance/memory#long-sequences",
    "Gradients do not cross a cut",
    "what came earlier is passed on only as the value of the hidden state",
)
def test_long_sequences_value_is_passed_on(run):
    names = run("performance/memory/long_sequences.py")
    rnn = names["rnn"]
    x = names["x"].clone().requires_grad_()
    first, second = x[:, :20], x[:, 20:40]
    whole, _ = rnn(x[:, :40])
    _, state = rnn(first)
    out, _ = rnn(second, state.detach())
    torch.testing.assert_close(out, whole[:, 20:])
    assert not torch.allclose(rnn(second)[0], out)
    out.sum().backward()
    assert x.grad[:, 20:40].all() and not x.grad[:, :20].any()


def test_long_sequences_passes_state_between_chunks(run, monkeypatch):
    states = []
    real = nn.GRU.forward

    def forward(self, x, state=None):
        states.append(state)
        out, new = real(self, x, state)
        states.append(new)
        return out, new

    monkeypatch.setattr(nn.GRU, "forward", forward)
    run("performance/memory/long_sequences.py")
    given, returned = states[::2], states[1::2]
    assert len(given) == 8 and given[0] is None
    for state, before in zip(given[1:], returned[:-1], strict=True):
        assert torch.equal(state, before) and not state.requires_grad


@pytest.mark.claim(
    "performance/memory#long-sequences",
    "The state of nn.LSTM is (h, c)",
    "Write state = tuple(s.detach() for s in state)",
)
def test_long_sequences_lstm_state():
    lstm = nn.LSTM(1, 4, batch_first=True)
    _, state = lstm(torch.ones(1, 5, 1))
    assert len(state) == 2 and all(t.requires_grad for t in state)
    with pytest.raises(AttributeError):
        state.detach()
    state = tuple(s.detach() for s in state)
    out, _ = lstm(torch.ones(1, 5, 1), state)
    out.sum().backward()
    assert lstm.weight_hh_l0.grad.any()


@pytest.mark.claim(
    "performance/memory#long-sequences",
    "Row i of a chunk has to continue row i of the chunk before",
    "A batch of another size does not fit the state and raises Expected hidden size",
)
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_long_sequences_rows_continue(kind):
    rnn = kind(1, 4, batch_first=True)
    x = torch.randn(3, 10, 1)
    whole, _ = rnn(x)
    _, state = rnn(x[:, :5])
    torch.testing.assert_close(rnn(x[:, 5:], state)[0], whole[:, 5:])
    mixed, _ = rnn(x[[1, 2, 0], 5:], state)
    assert not torch.allclose(mixed, whole[[1, 2, 0], 5:])
    with pytest.raises(RuntimeError, match="Expected hidden"):
        rnn(x[:2, 5:], state)
    if kind is not nn.LSTM:
        with pytest.raises(RuntimeError, match="Expected hidden size"):
            rnn(x[:2, 5:], state)


def two_chunks(kind, make, step=True, **backward):
    """Train on two chunks without detach(); return the gradients and what autograd should give."""
    rnn = kind(1, 4, batch_first=True)
    optimizer = make(rnn.parameters())
    first, second = torch.randn(2, 2, 5, 1)
    names = [n for n, _ in rnn.named_parameters()]
    old = [p.detach().clone().requires_grad_() for p in rnn.parameters()]
    out, state = rnn(first)
    out.sum().backward(**backward)
    if step:
        optimizer.step()
    optimizer.zero_grad()
    new = [p.detach().clone().requires_grad_() for p in rnn.parameters()]
    out, state = rnn(second, state)
    out.sum().backward()
    call = torch.func.functional_call
    _, state = call(rnn, dict(zip(names, old, strict=True)), (first,))
    out, _ = call(rnn, dict(zip(names, new, strict=True)), (second, state))
    parts = torch.autograd.grad(out.sum(), [*old, *new])
    expected = [a + b for a, b in zip(parts[:4], parts[4:], strict=True)]
    return [p.grad for p in rnn.parameters()], expected


KINDS = pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])


@pytest.mark.claim(
    "performance/memory#long-sequences",
    "The second chunk's backward() raises Trying to backward through the graph a second time",
)
@KINDS
def test_long_sequences_forgotten_detach(kind):
    for step in (True, False):
        with pytest.raises(
            RuntimeError, match="Trying to backward through the graph a second time"
        ):
            two_chunks(kind, lambda p: optim.SGD(p, lr=0.1), step)


@pytest.mark.claim(
    "performance/memory#long-sequences",
    "once optimizer.step() has changed the weights, backward raises modified by an inplace "
    "operation",
)
@KINDS
@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam, optim.AdamW])
@pytest.mark.parametrize("foreach", [False, True])
def test_long_sequences_retain_graph(kind, optimizer, foreach):
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        two_chunks(kind, lambda p: optimizer(p, lr=0.1, foreach=foreach), retain_graph=True)


@pytest.mark.claim(
    "performance/memory#long-sequences",
    "With fused=True there is no error, and the gradients are wrong",
)
@KINDS
@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam, optim.AdamW])
def test_long_sequences_fused_is_silent(kind, optimizer):
    def make(params):
        return optimizer(params, lr=0.5, fused=True)

    got, expected = two_chunks(kind, make, retain_graph=True)
    assert not all(map(torch.allclose, got, expected))
    got, expected = two_chunks(kind, make, step=False, retain_graph=True)
    torch.testing.assert_close(got, expected)


@pytest.mark.claim("performance/memory#long-sequences", "the graph grows with every chunk")
def test_long_sequences_retained_graph_grows():
    # the first input still gets gradients from the last chunk
    rnn = nn.GRU(1, 4, batch_first=True)
    first = torch.ones(1, 5, 1, requires_grad=True)
    _, state = rnn(first)
    for _ in range(3):
        out, state = rnn(torch.ones(1, 5, 1), state)
    assert torch.autograd.grad(out.sum(), first)[0].all()


@pytest.mark.claim(
    "performance/memory#delete-intermediates",
    "Without a graph, a tensor is freed when nothing refers to it",
)
def test_delete_intermediates(run, monkeypatch):
    hidden, outputs, alive, inference = [], [], [], []
    relu, linear = nn.ReLU.forward, nn.Linear.forward

    def watched_relu(self, x):
        alive.append([w() is not None for w in (*hidden, *outputs)])
        inference.append(torch.is_inference_mode_enabled())
        out = relu(self, x)
        hidden.append(weakref.ref(out))
        return out

    def watched_linear(self, x):
        out = linear(self, x)
        if self.out_features == 10:
            outputs.append(weakref.ref(out))
        return out

    monkeypatch.setattr(nn.ReLU, "forward", watched_relu)
    monkeypatch.setattr(nn.Linear, "forward", watched_linear)
    names = run("performance/memory/delete_intermediates.py")
    assert len(outputs) == 3 and not any(map(any, alive)) and all(inference)
    assert "out" not in names and not names["model"].training
    predictions = torch.cat(names["predictions"])
    expected = names["model"](torch.cat(names["loader"]).to(names["device"])).argmax(dim=1)
    assert torch.equal(predictions, expected.cpu()) and predictions.device.type == "cpu"


@pytest.mark.parametrize("delete", [True, False])
def test_delete_intermediates_inference_loop(delete):
    # the comment: "else alive during the next batch"
    before, alive = lambda: None, []

    def model(x):
        alive.append(before() is not None)
        return x * 2

    for _ in range(3):
        out = model(torch.ones(3))
        before = weakref.ref(out)
        if delete:
            del out
    assert alive == [False, not delete, not delete]


def network():
    return nn.Linear(4, 8), nn.Linear(8, 8), nn.Linear(8, 1), torch.randn(2, 4)


@pytest.mark.claim(
    "performance/memory#delete-intermediates",
    "In training, del does not free what autograd saved",
    "That stays until backward() has used it, or until the graph is gone",
)
def test_delete_intermediates_the_graph_keeps_it():
    fc1, fc2, fc3, x = network()
    first = fc1(x).relu()
    second = fc2(first).relu()
    watched = weakref.ref(first), weakref.ref(second)
    seen = []
    fc1.bias.register_hook(lambda g: seen.append(watched[1]() is not None))
    loss = fc3(second).sum()
    del first, second
    assert all(w() is not None for w in watched)
    loss.backward()
    assert seen == [False]  # freed while backward still runs
    assert all(w() is None for w in watched)

    hidden = fc1(x).relu()
    watch, score = weakref.ref(hidden), fc2(hidden)
    del hidden
    assert watch() is not None
    del score  # no backward: the graph goes with its last tensor
    assert watch() is None


def test_delete_intermediates_what_autograd_did_not_save():
    # narrower than "a graph keeps its intermediates": addition saves nothing
    fc1, _, _, x = network()
    hidden = fc1(x)
    watch, score = weakref.ref(hidden), hidden + 1
    del hidden
    assert watch() is None and score.requires_grad
    # and retain_graph keeps it beyond backward()
    hidden = fc1(x).relu()
    watch, score = weakref.ref(hidden), nn.Linear(8, 1)(hidden).sum()
    del hidden
    score.backward(retain_graph=True)
    assert watch() is not None


@pytest.mark.claim(
    "performance/memory#delete-intermediates",
    "losses.append(loss) without a backward pass keeps every batch's graph, activations and all",
    "Append loss.detach()",
)
@pytest.mark.parametrize("detach", [False, True])
def test_delete_intermediates_appended_losses(detach):
    fc1, fc2, _, x = network()
    watched, losses = [], []
    for _ in range(3):
        hidden = fc1(x).relu()
        watched.append(weakref.ref(hidden))
        loss = fc2(hidden).sum()
        losses.append(loss.detach() if detach else loss)
    del hidden, loss
    assert [w() is not None for w in watched] == [not detach] * 3


@pytest.mark.claim(
    "performance/memory#delete-intermediates", "The local names of a function go when it returns"
)
def test_delete_intermediates_locals():
    watched = []

    def evaluate(x):
        hidden = x * 2
        watched.append(weakref.ref(hidden))
        return hidden.sum()

    evaluate(torch.ones(3))
    assert watched[0]() is None


@pytest.mark.claim(
    "performance/memory#delete-intermediates", "trade time for memory with activation checkpointing"
)
def test_delete_intermediates_activation_checkpointing():
    fc1, fc2, _, x = network()
    calls = []

    def layers(x):
        calls.append(1)
        return fc2(fc1(x).relu())

    params = [*fc1.parameters(), *fc2.parameters()]
    plain = layers(x)
    recomputed = checkpoint(layers, x, use_reentrant=False)
    assert kept_bytes(lambda: layers(x), [*params, x]) > 0
    calls.clear()
    grads = [torch.autograd.grad(score.sum(), params) for score in (plain, recomputed)]
    assert len(calls) == 1  # once more, in backward
    torch.testing.assert_close(*grads)


@pytest.mark.claim(
    "performance/memory#delete-intermediates",
    "A view keeps the whole storage, even after detach()",
    "Keep a copy with clone() if you need a small part",
)
def test_delete_intermediates_views(run):
    names = run("performance/memory/delete_intermediates_views.py")
    out, view, copy = names["out"], names["view"], names["copy"]
    assert view.data_ptr() == out.data_ptr() != copy.data_ptr()
    assert torch.equal(view, copy)
    assert out[:, 0].detach().untyped_storage().nbytes() == out.nbytes
    # contiguous() and cpu() are no way out: they may return the tensor itself
    assert out[0].contiguous().cpu().untyped_storage().nbytes() == out.nbytes
    assert out[0].clone().untyped_storage().nbytes() == out[0].nbytes


def test_inplace_activations(run):
    names = run("performance/memory/inplace_activations.py")
    conv, norm, relu = names["block"]
    assert conv.weight.grad.any() and norm.weight.grad.any() and relu.inplace
    assert names["out"] is names["h"]


@pytest.mark.claim(
    "performance/memory#inplace-activations",
    "With inplace=True an activation writes its result into its input's memory",
)
@pytest.mark.parametrize(
    "kind",
    [
        nn.ReLU,
        nn.ReLU6,
        nn.LeakyReLU,
        nn.ELU,
        nn.SELU,
        nn.CELU,
        nn.SiLU,
        nn.Mish,
        nn.Hardswish,
        nn.Hardtanh,
        nn.RReLU,
    ],
)
def test_inplace_activations_returns_its_input(kind):
    x = torch.randn(5)
    expected = kind().eval()(x)
    out = kind(inplace=True).eval()(x)
    assert out is x and torch.allclose(x, expected)


def in_a_network(activation, x):
    """How many tensors as large as `x` are kept between two convolutions."""
    net = nn.Sequential(
        nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), activation, nn.Conv2d(8, 8, 3, padding=1)
    )
    return round(kept_bytes(lambda: net(x), list(net.parameters())) / x.nbytes, 1)


@pytest.mark.claim(
    "performance/memory#inplace-activations",
    "nn.ReLU keeps only its output for backward, in place or not",
    "What you save is BatchNorm's output during the forward pass",
    "nn.LeakyReLU and nn.ELU keep their input and, in place, their output instead",
    "If the next layer keeps that too, as a convolution does, one tensor fewer is kept",
    "nn.SiLU and nn.Hardswish in place copy their input for backward, so they save nothing there",
)
@pytest.mark.parametrize(
    ("kind", "kept", "in_place"),
    [
        # the network's input, BatchNorm's input, the activation's output, and maybe its input
        (nn.ReLU, 3, 3),
        (nn.LeakyReLU, 4, 3),
        (nn.ELU, 4, 3),
        (nn.SiLU, 4, 4),
        (nn.Hardswish, 4, 4),
    ],
)
def test_inplace_activations_what_is_kept(kind, kept, in_place):
    x = torch.randn(16, 8, 16, 16)
    assert in_a_network(kind(), x) == kept
    assert in_a_network(kind(inplace=True), x) == in_place


@pytest.mark.parametrize("kind", [nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SiLU])
def test_inplace_activations_what_backward_uses(kind):
    for inplace in (False, True):
        x = torch.randn(4, requires_grad=True) * 1
        address = x.data_ptr()
        out = []
        kept = kept_storages(lambda: out.append(kind(inplace=inplace)(x)))  # noqa: B023
        if inplace:
            assert out[0].data_ptr() == address
            assert (address in kept) == (kind is not nn.SiLU) and len(kept) == 1
        else:
            assert list(kept) == [out[0].data_ptr() if kind is nn.ReLU else address]


def test_inplace_activations_frees_the_input_during_forward():
    # not in place, the input lives on until the caller lets go of it, and the output beside it
    norm = nn.BatchNorm1d(4)
    x = torch.randn(3, 4)
    before = norm(x)
    after = F.relu(before)
    assert before.data_ptr() != after.data_ptr()
    watch = weakref.ref(before)
    del before
    assert watch() is None  # and backward does not need it


@pytest.mark.claim(
    "performance/memory#inplace-activations",
    "such as after a convolution, a linear layer, or BatchNorm",
)
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2d(2, 2, 1), (3, 2, 4, 4)),
        (nn.Linear(4, 4), (3, 4)),
        (nn.BatchNorm2d(2), (3, 2, 4, 4)),
        (nn.BatchNorm2d(2).eval(), (3, 2, 4, 4)),
    ],
)
@pytest.mark.parametrize("kind", [nn.ReLU, nn.LeakyReLU, nn.SiLU])
def test_inplace_activations_safe_layers(layer, shape, kind):
    layer.reset_parameters()
    x = torch.randn(shape)
    grads = []
    for inplace in (False, True):
        layer.zero_grad()
        kind(inplace=inplace)(layer(x)).square().sum().backward()
        grads.append(layer.weight.grad)
    torch.testing.assert_close(*grads)
    assert grads[0].any()


@pytest.mark.claim(
    "performance/memory#inplace-activations",
    "If the input is used elsewhere too, as in a residual connection, the result is wrong, "
    "usually without an error",
)
def test_inplace_activations_errors(run):
    names = run("performance/memory/inplace_activations_errors.py")
    assert names["right"].tolist() == [-1, 4] and names["wrong"].tolist() == [0, 4]
    layer = nn.Linear(4, 4)
    x = torch.randn(2, 4)
    h = layer(x)
    wrong = F.relu(h, inplace=True) + h
    wrong.sum().backward()
    assert not torch.allclose(wrong, F.relu(layer(x)) + layer(x))
    # "usually": where the other use saved the input, backward does notice
    h = layer(x)
    other = h.square()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        (F.relu(h, inplace=True) + other).sum().backward()


@pytest.mark.claim(
    "performance/memory#inplace-activations",
    "The same happens to features that a hook collected, and to a batch that the activation gets "
    "as its direct input",
)
def test_inplace_activations_overwrites_what_others_hold():
    features = {}
    net = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True))
    net[0].register_forward_hook(lambda m, i, o: features.update(out=o))
    x = torch.randn(8, 4)
    net(x)
    assert (net[0].weight @ x.T).min() < 0 <= features["out"].min()
    batch = torch.tensor([-1.0, 2.0])
    nn.Sequential(nn.ReLU(inplace=True), nn.Linear(2, 1))(batch)
    assert batch.tolist() == [0, 2]


@pytest.mark.claim(
    "performance/memory#inplace-activations",
    "Do not use it after sigmoid, tanh, softmax, or another ReLU, "
    "whose backward needs their own output: "
    "backward() raises modified by an inplace operation",
    "nn.Dropout(inplace=True) after nn.ReLU() raises the same in training mode",
)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (nn.Sigmoid(), nn.ReLU(inplace=True)),
        (nn.Tanh(), nn.ReLU(inplace=True)),
        (nn.Softmax(-1), nn.ReLU(inplace=True)),
        (nn.ReLU(), nn.ReLU(inplace=True)),
        (nn.ReLU(), nn.Dropout(inplace=True)),
    ],
)
def test_inplace_activations_output_is_needed(before, after):
    layer = nn.Linear(4, 4)
    out = after(before(layer(torch.randn(2, 4))))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()
    if isinstance(after, nn.Dropout):
        after.eval()(before(layer(torch.randn(2, 4)))).sum().backward()


@pytest.mark.claim(
    "performance/memory#inplace-activations",
    "On a parameter, while gradients are recorded, an in-place activation raises "
    "a leaf Variable that requires grad is being used in an in-place operation",
)
def test_inplace_activations_leaf():
    weight = nn.Parameter(torch.tensor([-1.0, 2.0]))
    with pytest.raises(
        RuntimeError,
        match="a leaf Variable that requires grad is being used in an in-place operation",
    ):
        F.relu(weight, inplace=True)
    with torch.no_grad():
        assert F.relu(weight, inplace=True).tolist() == [0, 2]


@pytest.mark.claim(
    "performance/memory#memory-usage",
    "memory_allocated() is what tensors take now, max_memory_allocated() its peak so far, and "
    "memory_reserved() what PyTorch holds, including its cache",
)
def test_memory_usage(run, monkeypatch):
    names = run("performance/memory/memory_usage.py")
    assert names["optimizer"].state and names["model"].weight.grad is not None
    for name, value in {
        "memory_allocated": 3 * 2**20,
        "max_memory_allocated": 5 * 2**20,
        "memory_reserved": 8 * 2**20,
    }.items():
        monkeypatch.setattr(torch.accelerator, name, lambda value=value: value)
    assert names["memory"]() == "3.0 MiB, peak 5.0, held 8.0"


def test_memory_usage_without_a_gpu(run):
    if not torch.accelerator.is_available():
        assert (
            run("performance/memory/memory_usage.py")["memory"]() == "0.0 MiB, peak 0.0, held 0.0"
        )


@pytest.mark.claim(
    "performance/memory#memory-usage",
    "A training step holds weights, gradients, optimizer states, and the activations that backward "
    "needs",
    "Here, only the activations grow with the batch",
    "The states of AdamW appear at the first step()",
)
def test_memory_usage_by_kind(run):
    names = run("performance/memory/memory_usage_by_kind.py")
    model, x = names["model"], names["x"]
    weights = nbytes(model.parameters())
    assert sum(names["saved"].values()) == x.nbytes * 2 + x.nbytes * 4  # in, out, hidden
    assert names["size"] == nbytes(names["states"])
    assert 2 * weights <= names["size"] <= 2 * weights + 100  # and a counter of steps each
    params = list(model.parameters())
    half, whole = (kept_bytes(lambda n=n: model(x[:n]), params) for n in (256, 512))
    assert whole == x.nbytes + 4 * 512 * 2048  # all of x, and the hidden layer
    assert whole - half == 4 * 256 * 2048
    optimizer = optim.AdamW(params)
    assert not optimizer.state
    optimizer.step()
    assert optimizer.state


@pytest.mark.claim(
    "performance/memory#memory-usage",
    "Call torch.accelerator.reset_peak_memory_stats() before the part whose peak you want",
    "call torch.cuda.memory._record_memory_history(), run a few steps, call "
    'torch.cuda.memory._dump_snapshot("snapshot.pickle")',
)
def test_memory_usage_names_exist():
    for owner, name in (
        (torch.accelerator, "reset_peak_memory_stats"),
        (torch.cuda.memory, "_record_memory_history"),
        (torch.cuda.memory, "_dump_snapshot"),
    ):
        assert callable(getattr(owner, name))


@pytest.mark.claim(
    "performance/memory#memory-usage",
    "If the message of CUDA out of memory names much memory as reserved by PyTorch but "
    "unallocated, start the program with PYTORCH_ALLOC_CONF=expandable_segments:True",
)
@pytest.mark.skipif(not torch.version.cuda, reason="the message is in CUDA builds only")
def test_memory_usage_message():
    lib = Path(torch.__file__).parent / "lib"
    message = (lib / "libc10_cuda.so").read_bytes()
    assert b"CUDA out of memory. Tried to allocate " in message
    assert b"is reserved by PyTorch but unallocated" in message
    assert b"expandable_segments:True to avoid fragmentation" in message
    assert b"\0PYTORCH_ALLOC_CONF\0" in (lib / "libc10.so").read_bytes()


def gradients(net, x, y):
    net.zero_grad()
    F.mse_loss(net(x), y).backward()
    return [p.grad.clone() for p in net.parameters()]


@pytest.mark.claim(
    "performance/memory#activation-checkpointing",
    "keeps the input of a block but not its activations, and computes them again during backward",
    "That costs about one more forward pass",
)
def test_activation_checkpointing(run, monkeypatch):
    names = run("performance/memory/activation_checkpointing.py")
    net, x = names["net"], torch.randn(8, 64)
    hidden, calls = [], []
    for block in net.blocks:
        block[1].register_forward_hook(lambda m, i, out: hidden.append(weakref.ref(out)))
        block.register_forward_pre_hook(lambda m, i: calls.append(m))
    out = net(x)
    assert len(calls) == len(net.blocks) and not any(w() is not None for w in hidden)
    out.sum().backward()
    assert len(calls) == 2 * len(net.blocks)
    ours = gradients(net, x, x)
    hidden.clear()
    monkeypatch.setitem(names, "checkpoint", lambda f, x, use_reentrant: f(x))
    torch.testing.assert_close(gradients(net, x, x), ours)
    hidden.clear()
    out = net(x)
    assert all(w() is not None for w in hidden)


@pytest.mark.claim(
    "performance/memory#activation-checkpointing",
    "Around the whole model, it saves little: backward then holds all activations at once",
)
def test_activation_checkpointing_granularity():
    def kept(groups):
        """Most bytes that one recomputation saves again."""
        saved, most = 0, 0

        def pack(t):
            nonlocal saved, most
            saved += t.nbytes
            most = max(most, saved)
            return t

        def run(group, x):
            nonlocal saved
            saved = 0
            with saved_tensors_hooks(pack, lambda t: t):
                return group(x)

        x = torch.randn(16, 4, requires_grad=True)
        for group in groups:
            x = checkpoint(run, group, x, use_reentrant=False, early_stop=False)
        x.sum().backward()
        return most

    blocks = [nn.Sequential(nn.Linear(4, 4), nn.Sigmoid()) for _ in range(8)]
    each, whole = kept(blocks), kept([nn.Sequential(*blocks)])
    assert whole > 6 * each > 0


@pytest.mark.claim(
    "performance/memory#activation-checkpointing",
    "Dropout draws the same mask again",
    "A torch.Generator of your own is not reset, and the gradient is silently wrong",
)
def test_activation_checkpointing_random():
    generator = torch.Generator().manual_seed(0)

    def own(x):
        return x * (torch.rand(x.shape, generator=generator) > 0.5) * x

    def same(function):
        x = torch.ones(200, requires_grad=True)
        y = checkpoint(function, x, use_reentrant=False)
        return torch.equal(y != 0, torch.autograd.grad(y.sum(), x)[0] != 0)

    assert same(lambda x: F.dropout(x) * x)
    assert not same(own)


@pytest.mark.claim(
    "performance/memory#activation-checkpointing",
    "BatchNorm updates its running statistics twice per step",
)
def test_activation_checkpointing_batch_norm():
    norm, x = nn.BatchNorm1d(3), torch.randn(8, 3)
    block = nn.Sequential(nn.Linear(3, 3), norm, nn.ReLU())
    checkpoint(block, x, use_reentrant=False).sum().backward()
    assert norm.num_batches_tracked == 2
    mean = block[0](x).mean(0)
    torch.testing.assert_close(norm.running_mean, 0.1 * mean + 0.9 * 0.1 * mean)


@pytest.mark.claim(
    "performance/memory#activation-checkpointing",
    "Pass use_reentrant=False: without it, checkpoint warns and takes the old variant",
    "None of the inputs have requires_grad=True. Gradients will be None",
)
def test_activation_checkpointing_reentrant():
    layer = nn.Linear(3, 3)
    with pytest.warns(UserWarning, match="use_reentrant") as found:
        out = checkpoint(layer, torch.ones(2, 3))
    text = " ".join(str(w.message) for w in found)
    assert "None of the inputs have requires_grad=True. Gradients will be None" in text
    assert not out.requires_grad
    checkpoint(layer, torch.ones(2, 3), use_reentrant=False).sum().backward()
    assert layer.weight.grad is not None


@pytest.mark.claim(
    "performance/memory#activation-checkpointing",
    "A different number of tensors was saved during the original forward and recomputation",
    "A difference in values alone goes unnoticed",
)
def test_activation_checkpointing_second_run():
    def backward(function):
        calls = []
        x = torch.ones(3, requires_grad=True)
        checkpoint(
            lambda x: (calls.append(x), function(x, len(calls)))[1], x, use_reentrant=False
        ).sum().backward()
        return x.grad

    with pytest.raises(RuntimeError, match="A different number of tensors was saved during the"):
        backward(lambda x, call: x.sin().sin() if call == 1 else x.sin())
    got = backward(lambda x, call: (x * call).sin())
    assert not torch.allclose(got, torch.ones(3).cos())


@pytest.mark.claim(
    "performance/memory#activation-checkpointing",
    "checkpoint_sequential(model, 4, x, use_reentrant=False) cuts it into 4 parts, and keeps the "
    "activations of the last",
)
def test_activation_checkpointing_sequential():
    layers = [nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(8)]
    calls = []
    for i, layer in enumerate(layers):
        layer.register_forward_pre_hook(lambda m, a, i=i: calls.append(i))
    x = torch.ones(2, 4)
    out = checkpoint_sequential(nn.Sequential(*layers), 4, x, use_reentrant=False)
    out.sum().backward()
    assert [calls.count(i) for i in range(8)] == [2] * 6 + [1] * 2
