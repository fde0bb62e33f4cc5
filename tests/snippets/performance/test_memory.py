import weakref

import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.autograd.graph import saved_tensors_hooks


def nbytes(tensors):
    return sum(t.nbytes for t in tensors)


def kept_bytes(function):
    """Bytes that autograd keeps for backward while `function` runs, each tensor once."""
    kept = {}

    def pack(t):
        kept[t.data_ptr()] = t.nbytes
        return t

    with saved_tensors_hooks(pack, lambda t: t):
        result = function()
    del result
    return sum(kept.values())


def test_large_linear(run):
    names = run("performance/memory/large_linear.py")
    flat, low_rank, pooled = names["heads"].values()
    sizes = [nbytes(head.parameters()) for head in (flat, low_rank, pooled)]
    # "holds m·n weights", "m is channels times height times width"
    m, n = 256 * 7 * 7, 100
    assert sizes == [4 * (m * n + n), 4 * (m * 16 + 16 * n + n), 4 * (256 * n + n)]
    assert flat[1].weight.shape == (n, m)
    assert names["flat"] == sizes[0]
    x = names["features"]
    assert flat(x).shape == low_rank(x).shape == pooled(x).shape == (2, n)


def test_large_linear_training_state(run):
    names = run("performance/memory/large_linear.py")
    params, grads, states = names["params"], names["grads"], names["states"]
    assert isinstance(names["optimizer"], optim.AdamW)
    assert nbytes(params) == nbytes(grads) == names["flat"]
    # "weights, gradients, and two states make 4 times the bytes"
    total = nbytes([*params, *grads, *states])
    assert total / names["flat"] == pytest.approx(4, rel=1e-4)
    # "SGD without momentum needs 2 times"
    sgd = optim.SGD(params, lr=0.1)
    sgd.step()
    assert sum(isinstance(t, torch.Tensor) for s in sgd.state.values() for t in s.values()) == 0


def test_large_linear_is_another_model(run):
    _, low_rank, pooled = run("performance/memory/large_linear.py")["heads"].values()
    # "pooling drops the position"
    x = torch.randn(2, 256, 49)
    shuffled = x[:, :, torch.randperm(49)]
    same = [pooled(t.reshape(2, 256, 7, 7)) for t in (x, shuffled)]
    torch.testing.assert_close(*same)
    other = [low_rank(t.reshape(2, 256, 7, 7)) for t in (x, shuffled)]
    assert not torch.allclose(*other)
    # "low rank limits the rank of the weight matrix to 16"
    assert torch.linalg.matrix_rank(low_rank[2].weight @ low_rank[1].weight) == 16
    assert low_rank[1].bias is None


def test_long_sequences(run, monkeypatch):
    calls = []
    for name in ("zero_grad", "step"):
        real = getattr(optim.Adam, name)
        monkeypatch.setattr(
            optim.Adam, name, lambda *a, _r=real, _n=name, **k: (calls.append(_n), _r(*a, **k))[1]
        )
    names = run("performance/memory/long_sequences.py")
    assert calls == ["zero_grad", "step"] * 8
    trained = {*names["rnn"].parameters(), *names["head"].parameters()}
    assert set(names["optimizer"].state) == trained
    # "All 8 chunks keep the same number of bytes"
    sizes = names["sizes"]
    assert len(sizes) == 8 and len(set(sizes)) == 1
    # "more than 7 times as many"
    assert 7 * sizes[0] < names["whole"] < 8 * sizes[0]
    assert names["state"].grad_fn is None and names["state"].any()
    # predicts the next value of each wave
    x, y = names["x"], names["y"]
    assert x.shape == y.shape == (8, 160, 1) and torch.equal(x[:, 1:], y[:, :-1])
    assert not torch.equal(x[0], x[1])
    assert torch.equal(names["xs"], x[:, 140:]) and torch.equal(names["ys"], y[:, 140:])
    assert names["loss"] < 0.8 * y.square().mean()


def test_long_sequences_counts_what_is_kept(run):
    names = run("performance/memory/long_sequences.py")
    rnn, head, x = names["rnn"], names["head"], names["x"]
    assert names["whole"] == kept_bytes(lambda: head(rnn(x)[0]))
    # "grow linearly with the length"
    a, b, c = (kept_bytes(lambda n=n: rnn(x[:, :n])) for n in (40, 80, 120))
    assert c - b == b - a > 0


def test_long_sequences_value_is_passed_on(run):
    # "passed on only as the value of the hidden state", "Gradients do not cross a cut"
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
    given, returned = states[:16:2], states[1:16:2]
    assert given[0] is None
    for state, before in zip(given[1:], returned[:-1], strict=True):
        assert torch.equal(state, before) and not state.requires_grad


def two_chunks(rnn, optimizer, **backward):
    out, state = rnn(torch.ones(1, 5, 1))
    out.sum().backward(**backward)
    if optimizer:
        optimizer.step()
    out, state = rnn(torch.ones(1, 5, 1), state)
    out.sum().backward()


def test_long_sequences_forgotten_detach():
    rnn = nn.GRU(1, 4, batch_first=True)
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        two_chunks(rnn, None)
    # "backward still raises `modified by an inplace operation`"
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        two_chunks(rnn, optim.SGD(rnn.parameters(), lr=0.1), retain_graph=True)


def test_long_sequences_retained_graph_grows():
    # "the graph grows with every chunk": the first input still gets gradients from the last chunk
    rnn = nn.GRU(1, 4, batch_first=True)
    first = torch.ones(1, 5, 1, requires_grad=True)
    _, state = rnn(first)
    for _ in range(3):
        out, state = rnn(torch.ones(1, 5, 1), state)
    assert torch.autograd.grad(out.sum(), first)[0].all()


def test_long_sequences_lstm_state():
    _, state = nn.LSTM(1, 4, batch_first=True)(torch.ones(1, 5, 1))
    assert isinstance(state, tuple) and len(state) == 2
    assert all(t.requires_grad for t in state)  # "detach both"


def test_delete_intermediates(run, monkeypatch):
    grad_modes, backwards = [], []
    linear, backward = nn.Linear.forward, torch.Tensor.backward
    monkeypatch.setattr(
        nn.Linear,
        "forward",
        lambda self, x: (grad_modes.append(torch.is_grad_enabled()), linear(self, x))[1],
    )
    monkeypatch.setattr(
        torch.Tensor, "backward", lambda self: (backwards.append(1), backward(self))[1]
    )
    names = run("performance/memory/delete_intermediates.py")
    # with a graph, without, checkpointed and recomputed: "trade recomputation for memory"
    assert grad_modes[:7] == [True, True, False, False, True, True, True]
    assert len(backwards) == 2 and "hidden" not in names
    assert names["watch"]() is None


def test_delete_intermediates_watches_each_activation(run, monkeypatch):
    watched, ref = [], weakref.ref
    monkeypatch.setattr(weakref, "ref", lambda x, *a: watched.append(type(x)) or ref(x, *a))
    run("performance/memory/delete_intermediates.py")
    # with a graph, without, checkpointed
    assert watched.count(torch.Tensor) == 3


def test_delete_intermediates_the_graph_keeps_it(run):
    names = run("performance/memory/delete_intermediates.py")
    score, watch = names["layers"](names["x"])
    hidden = watch()  # "A tensor that the graph refers to keeps its memory"
    assert torch.equal(names["fc2"](hidden), score) and hidden.min() == 0
    del hidden
    assert watch() is not None
    score.sum().backward()
    assert watch() is None  # "until `backward()` is done"
    with torch.no_grad():
        score, watch = names["layers"](names["x"])
    assert watch() is None and not score.requires_grad


def test_delete_intermediates_checkpoint_same_gradients(run):
    names = run("performance/memory/delete_intermediates.py")
    layers, x = names["layers"], names["x"]
    params = [*names["fc1"].parameters(), *names["fc2"].parameters()]
    grads = []
    for score, _ in (layers(x), names["checkpoint"](layers, x, use_reentrant=False)):
        grads.append(torch.autograd.grad(score.sum(), params))
    torch.testing.assert_close(*grads)


@pytest.mark.parametrize("delete", [True, False])
def test_delete_intermediates_inference_loop(delete):
    # "Until the new result is ready, `out` still refers to the previous one"
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


def test_inplace_activations(run):
    names = run("performance/memory/inplace_activations.py")
    x, measure = names["x"], names["kept_bytes"]
    for kind, expected in ((nn.ReLU, 1.0), (nn.LeakyReLU, 0.75)):
        ratio = measure(kind(inplace=True), x) / measure(kind(), x)
        assert ratio == pytest.approx(expected, abs=0.005)
    assert names["kind"] is nn.LeakyReLU and names["reused"]
    assert names["ratio"] == pytest.approx(0.75, abs=0.005)
    # input, BatchNorm's input, the activation's result
    assert measure(nn.ReLU(), x) == pytest.approx(3 * x.nbytes, rel=0.01)
    assert measure(nn.LeakyReLU(), x) == pytest.approx(4 * x.nbytes, rel=0.01)


def test_inplace_activations_what_backward_uses():
    x = torch.randn(4, requires_grad=True)
    # "The backward of nn.ReLU needs only its output"
    kept = []
    with saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        y = F.relu(x)
    assert [t.data_ptr() for t in kept] == [y.data_ptr()]
    # "The backward of nn.LeakyReLU uses its input and, in place, its output instead"
    kept.clear()
    with saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        F.leaky_relu(x)
    assert [t.data_ptr() for t in kept] == [x.data_ptr()]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2d(2, 2, 1), (3, 2, 4, 4)),
        (nn.Linear(4, 4), (3, 4)),
        (nn.BatchNorm2d(2), (3, 2, 4, 4)),
    ],
)
def test_inplace_activations_safe_layers(layer, shape):
    # "after a convolution, a linear layer, or BatchNorm"
    torch.manual_seed(0)
    layer.reset_parameters()
    x = torch.randn(shape)
    grads = []
    for inplace in (False, True):
        layer.zero_grad()
        F.relu(layer(x), inplace=inplace).square().sum().backward()
        grads.append(layer.weight.grad)
    assert torch.equal(*grads) and grads[0].any()


def test_inplace_activations_errors_run(run, monkeypatch):
    calls, relu, backward = [], F.relu, torch.Tensor.backward
    monkeypatch.setattr(
        F, "relu", lambda x, inplace=False: (calls.append(inplace), relu(x, inplace))[1]
    )
    monkeypatch.setattr(
        torch.Tensor, "backward", lambda self: (calls.append("backward"), backward(self))[1]
    )
    run("performance/memory/inplace_activations_errors.py")
    assert calls == [True, True, "backward", True, False]


def test_inplace_activations_errors(run):
    names = run("performance/memory/inplace_activations_errors.py")
    assert names["weight"].grad is None  # backward failed
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        F.relu(names["weight"].sigmoid(), inplace=True).sum().backward()
    assert names["weight"].is_leaf and names["weight"].requires_grad
    assert torch.equal(names["weight"], torch.ones(2))
    assert type(names["y"].grad_fn).__name__ == "ReluBackward0"
    # "the third gives no sign"
    assert names["right"].tolist() == [-1, 4] and names["wrong"].tolist() == [0, 4]
    with pytest.raises(RuntimeError, match=r"leaf Variable that requires grad .* in-place"):
        F.relu(torch.ones(1, requires_grad=True), inplace=True)
    layer = nn.Linear(4, 4)
    x = torch.randn(2, 4)
    h = layer(x)
    wrong = F.relu(h, inplace=True) + h
    wrong.sum().backward()
    assert not torch.allclose(wrong, F.relu(layer(x)) + layer(x))
