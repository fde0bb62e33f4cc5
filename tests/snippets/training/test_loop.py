import contextlib
import copy
import io
import math
import tempfile
import weakref
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_, get_total_norm
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset, random_split
from tqdm.auto import tqdm

from harness import in_child

INF, NAN = float("inf"), float("nan")
CONTEXTS = [torch.no_grad, torch.inference_mode]
OPTIMIZERS = [
    lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
    lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.1),
    lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.1),
]
READER = {
    "train_eval": "x_val, y_val = torch.randn(5, 4), torch.randint(3, (5,))",
    "training_loop": """
amp = torch.autocast(device.type, torch.bfloat16, enabled=False)
scheduler = lr_scheduler.ConstantLR(optimizer)
""",
    "gradient_accumulation": "accum, i = 4, 0",
}


@pytest.mark.claim(
    "training/loop#train-eval",
    "Call model.train() at the start of each epoch, and model.eval() before validation",
    "The model stays in evaluation mode after eval()",
)
def test_train_eval(run, monkeypatch):
    modes, forward = [], nn.Dropout.forward

    def spy(self, x):
        modes.append((self.training, torch.is_inference_mode_enabled()))
        return forward(self, x)

    monkeypatch.setattr(nn.Dropout, "forward", spy)
    names = run("training/loop/train_eval.py")
    assert modes == [(True, False), (False, True)] * 2
    assert not names["model"].training
    assert names["loss"].requires_grad and not names["val_loss"].requires_grad
    # one update of the running statistics per epoch: none during validation
    assert names["model"][1].num_batches_tracked.item() == 2


@pytest.mark.claim(
    "training/loop#train-eval",
    "They switch layers such as dropout and BatchNorm; LayerNorm works alike in both modes",
)
def test_train_eval_layers(run):
    names = run("training/loop/train_eval_layers.py")
    dropout, norm, ones, x = (names[k] for k in ("dropout", "norm", "ones", "x"))
    assert dropout.p != 0.5, "p and 1 - p could be confused"
    assert not dropout.training and torch.equal(dropout(ones), ones)
    assert norm.num_batches_tracked.item() == 1 and names["y"].requires_grad
    by_running = (x - norm.running_mean) / (norm.running_var + norm.eps).sqrt()
    torch.testing.assert_close(norm(x), by_running)
    torch.testing.assert_close(norm.running_mean, norm.momentum * x.mean(dim=0))
    names["model"].train()
    many = dropout(torch.ones(100_000))
    assert (many == 0).double().mean().item() == pytest.approx(dropout.p, abs=0.01)
    assert set(many.unique().tolist()) == {0.0, 1 / (1 - dropout.p)}
    by_batch = (x - x.mean(dim=0)) / (x.var(dim=0, correction=0) + norm.eps).sqrt()
    torch.testing.assert_close(norm(x), by_batch)

    x = torch.randn(4, 6)
    for same in (nn.LayerNorm(6), nn.GroupNorm(2, 6), nn.RMSNorm(6)):
        assert torch.equal(same.train()(x), same.eval()(x))


@pytest.mark.claim(
    "training/loop#train-eval",
    "eval() does not turn off autograd; inference_mode does",
    "in training mode, BatchNorm updates its running statistics under inference_mode as well",
)
def test_train_eval_and_autograd():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.5), nn.Linear(2, 1))
    model.eval()(torch.ones(3, 2)).square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert model[-1].weight.grad.any()
    for context in CONTEXTS:
        norm, dropout = nn.BatchNorm1d(2), nn.Dropout(0.5)
        with context():
            out = norm(torch.full((4, 2), 10.0) + torch.arange(4)[:, None])
            assert (dropout(torch.ones(1000)) == 0).any() and not out.requires_grad
        assert norm.num_batches_tracked.item() == 1 and (norm.running_mean > 1).all()


@pytest.mark.claim(
    "training/loop#train-eval",
    "Where train() is forgotten, most models train on without an error, but nothing is dropped, "
    "and the running statistics stand still",
    # Raised by cuDNN alone: aten/src/ATen/native/cudnn/RNN.cpp, _cudnn_rnn_backward_*.
    "With cuDNN, the backward() of an RNN in evaluation mode raises "
    "cudnn RNN backward can only be called in training mode",
)
def test_train_eval_forgotten_train():
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5), nn.Linear(2, 1)).eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    before, x = copy.deepcopy(model.state_dict()), torch.randn(8, 2) + 5
    loss = model(x).square().mean()
    loss.backward()
    optimizer.step()
    assert model(x).square().mean() < loss  # it learns
    for name in ("0.running_mean", "0.running_var", "0.num_batches_tracked"):
        assert torch.equal(model.state_dict()[name], before[name])
    nn.LSTM(2, 2).eval()(torch.ones(1, 1, 2))[0].sum().backward()  # no error without cuDNN


@pytest.mark.claim(
    "training/loop#train-eval",
    "A new nn.Module is in training mode, and load_state_dict() does not change that",
)
def test_train_eval_of_a_new_module():
    model = nn.Sequential(nn.Dropout(), nn.Linear(1, 1))
    model.load_state_dict(copy.deepcopy(model).eval().state_dict())
    assert all(m.training for m in model.modules())


@pytest.mark.claim(
    "training/loop#train-eval",
    "Both reach all submodules",
    "call its eval() after each model.train()",
    "Its weight and bias need requires_grad_(False) besides",
)
def test_train_eval_reaches_every_submodule():
    model = nn.Sequential(nn.Sequential(nn.BatchNorm1d(2)), nn.Linear(2, 2))
    norm = model[0][0]
    norm.eval()
    model.train()
    assert norm.training  # the frozen layer has thawed
    norm.eval()
    before = norm.running_mean.clone()
    model(torch.randn(8, 2) + 5).square().sum().backward()
    assert torch.equal(norm.running_mean, before)
    assert norm.weight.grad.any() and norm.bias.grad.any()  # they would still be trained
    model.zero_grad()
    norm.requires_grad_(False)
    model(torch.randn(8, 2)).sum().backward()
    assert norm.weight.grad is None and norm.bias.grad is None
    # freezing parameters does not freeze the statistics
    model.train()(torch.randn(8, 2) + 5)
    assert not torch.equal(norm.running_mean, before)
    model.eval()
    assert not any(m.training for m in model.modules())


@pytest.mark.claim(
    "training/loop#train-eval",
    "With track_running_stats=False, BatchNorm uses batch statistics in evaluation mode too",
    "BatchNorm raises Expected more than 1 value per channel when training "
    "for a single value per channel, such as a last batch of one sample",
    "pass drop_last=True to the training loader",
)
def test_train_eval_batch_statistics():
    x = torch.randn(64, 2) * 3 + 5
    untracked = nn.BatchNorm1d(2, track_running_stats=False).eval()
    torch.testing.assert_close(untracked(x).mean(dim=0), torch.zeros(2), atol=1e-5, rtol=0)
    message = "Expected more than 1 value per channel when training"
    one_pixel = torch.ones(1, 2, 1, 1)
    for norm, one in [
        (nn.BatchNorm1d(2), x[:1]),
        (untracked, x[:1]),
        (nn.BatchNorm2d(2), one_pixel),
    ]:
        with pytest.raises(ValueError, match=message):
            norm(one)
    nn.BatchNorm1d(2).eval()(x[:1])
    nn.BatchNorm2d(2)(torch.ones(1, 2, 2, 2))  # one sample, four values per channel
    norm = nn.BatchNorm1d(2)
    with pytest.raises(ValueError, match=message):
        list(map(norm, DataLoader(x[:9], batch_size=4)))
    for batch in DataLoader(x[:9], batch_size=4, drop_last=True):
        norm(batch)


@pytest.mark.claim(
    "training/loop#no-grad",
    "Evaluate under torch.inference_mode(): no graph is recorded, so activations are freed early",
    "call model.eval() first, and model.train() before training goes on",
    "In a mean of batch accuracies, the samples of a smaller last batch weigh more than the others",
)
def test_no_grad(run):
    names = run("training/loop/no_grad.py")
    evaluate, device, loader = names["evaluate"], names["device"], names["loader"]
    batches = [(x.argmax(dim=1) == y).double().mean().item() for x, y in loader]
    assert sum(batches) / len(batches) == 0.5 != evaluate(names["model"], loader, device)

    linear = nn.Linear(4, 4, bias=False)
    nn.init.eye_(linear.weight)
    model = nn.Sequential(nn.Dropout(0.5), linear).to(device)
    x, y = torch.eye(4).repeat(2, 1), torch.tensor([0, 1, 2, 3, 0, 1, 0, 0])
    seen = []
    model.register_forward_hook(lambda module, args, output: seen.append(output))
    loader = DataLoader(TensorDataset(x, y), batch_size=3)
    assert evaluate(model, loader, device) == 0.75  # nothing was dropped
    assert not model.training
    assert [len(out) for out in seen] == [3, 3, 2]
    assert all(out.is_inference() and out.grad_fn is None for out in seen)


def test_no_grad_frees_activations():
    alive = {}
    for context in (torch.enable_grad, *CONTEXTS):
        outputs = []
        model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2), nn.Sigmoid())
        for layer in model:
            layer.register_forward_hook(lambda *args, to=outputs: to.append(weakref.ref(args[2])))
        with context():
            out = model(torch.ones(1, 2))
        alive[context] = sum(reference() is not None for reference in outputs)
    assert out.shape == (1, 2)
    assert alive[torch.enable_grad] == 2 and alive[torch.inference_mode] == 1


@pytest.mark.claim(
    "training/loop#no-grad",
    "If the result enters autograd later, such as the output of a teacher or a target network, "
    "use torch.no_grad()",
)
def test_no_grad_reuse(run):
    names = run("training/loop/no_grad_reuse.py")
    w, a, b, c = (names[k] for k in "wabc")
    assert not a.requires_grad and a.grad_fn is None and not a.is_inference()
    assert not b.requires_grad and b.is_inference()
    # "a is a constant": the gradient of w * a is a, not 2 * 10 * w
    assert torch.equal(w.grad, a)
    assert c.requires_grad
    # the manual update: w stays a leaf, and outside of no_grad it raises
    torch.testing.assert_close(w.detach(), torch.ones(2) - 0.1 * a)
    assert w.requires_grad and w.is_leaf
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        w -= 1


@pytest.mark.claim(
    "training/loop#no-grad",
    "Neither switches dropout or BatchNorm",
    "backward() on a loss computed under no_grad() or inference_mode() raises "
    "element 0 of tensors does not require grad and does not have a grad_fn",
)
@pytest.mark.parametrize("context", CONTEXTS)
def test_no_grad_has_nothing_to_backward(context):
    model = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5))
    with context():
        loss = model(torch.ones(1, 2)).sum()
    assert model.training and model[1].training
    message = "element 0 of tensors does not require grad and does not have a grad_fn"
    with pytest.raises(RuntimeError, match=message):
        loss.backward()


class Cached(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.scale = nn.Linear(2, 2), None

    def forward(self, x):
        if self.scale is None:
            self.scale = torch.full((2,), 2.0)
        return self.linear(x) * self.scale


@pytest.mark.claim(
    "training/loop#no-grad",
    "What is created under inference_mode stays an inference tensor, "
    "also what a model caches in its first evaluation",
    "Where autograd must save an inference tensor, it raises "
    "Inference tensors cannot be saved for backward",
    "changing the tensor in place raises "
    "Inplace update to inference tensor outside InferenceMode is not allowed",
    "use no_grad() for such a model, or clone() the tensor after the with block",
)
def test_no_grad_inference_tensors():
    saved = "Inference tensors cannot be saved for backward"
    w = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        b = torch.ones(2) * 3
        inside = b.clone()
    assert (w + b).requires_grad  # an addition saves nothing
    for tensor in (b, inside):
        with pytest.raises(RuntimeError, match=saved):
            w * tensor
    for change in (lambda: b.add_(1), lambda: b[:1].zero_(), lambda: b.copy_(w.detach())):
        for context in (torch.enable_grad, torch.no_grad):
            with (
                context(),
                pytest.raises(
                    RuntimeError,
                    match="Inplace update to inference tensor outside InferenceMode is not allowed",
                ),
            ):
                change()
    assert (w * b.clone().add_(1)).requires_grad

    x = torch.ones(1, 2)
    model = Cached()
    with torch.inference_mode():
        model(x)
    with pytest.raises(RuntimeError, match=saved):
        model(x)
    model = Cached()
    with torch.no_grad():
        model(x)
    model(x).sum().backward()
    # what existed before and is changed inside stays an ordinary tensor
    norm = nn.BatchNorm1d(2)
    with torch.inference_mode():
        norm(torch.randn(4, 2))
        w -= 0.5
    norm(torch.randn(4, 2)).sum().backward()
    assert not w.is_inference() and w.tolist() == [0.5, 0.5]


@pytest.mark.claim(
    "training/loop#no-grad",
    "wrap that part in torch.enable_grad() under no_grad(). "
    "Under inference_mode(), enable_grad() turns nothing on",
)
def test_no_grad_with_gradients_inside():
    w = torch.ones(2, requires_grad=True)
    with torch.no_grad(), torch.enable_grad():
        assert torch.autograd.grad((w * w).sum(), w)[0].tolist() == [2, 2]
    with torch.inference_mode(), torch.enable_grad():
        assert not (w * w).requires_grad
        fresh = torch.ones(2, requires_grad=True)
        assert not (fresh * fresh).requires_grad


@pytest.mark.claim(
    "training/loop#zero-grad",
    "backward() adds to .grad, so call optimizer.zero_grad() once per step: "
    "before backward(), or after step()",
)
def test_zero_grad(run, monkeypatch):
    calls = []

    def record(owner, name):
        original = getattr(owner, name)

        def spy(*args):
            calls.append(name)
            return original(*args)

        monkeypatch.setattr(owner, name, spy)

    record(torch.optim.AdamW, "step")
    record(torch.optim.Optimizer, "zero_grad")
    names = run("training/loop/zero_grad.py")
    assert calls == ["zero_grad", "step"] * 4 + ["zero_grad"]
    model, x, y = names["model"], names["x"], names["y"]
    for times in (1, 2, 3):  # not zeroed: the gradients add up
        F.cross_entropy(model(x), y).backward()
        if times == 1:
            once = model.weight.grad.clone()
        torch.testing.assert_close(model.weight.grad, times * once)


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_zero_grad_before_backward_or_after_step(make):
    start, x = nn.Linear(2, 1), torch.randn(8, 2)
    results = []
    for after in (False, True):
        model = copy.deepcopy(start)
        optimizer = make(model.parameters())
        for _ in range(3):
            if not after:
                optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()
            if after:
                optimizer.zero_grad()
        results.append(model.weight.detach())
    assert torch.equal(*results)


@pytest.mark.claim(
    "training/loop#zero-grad",
    "With set_to_none=False it becomes 0, and momentum and weight decay still update the parameter",
)
def test_zero_grad_set_to_none(run):
    names = run("training/loop/zero_grad_set_to_none.py")
    # the last round: zeros, and weight decay has moved the parameter
    assert names["set_to_none"] is False
    assert torch.equal(names["w"].grad, torch.zeros(1))
    group = names["optimizer"].param_groups[0]
    expected = 1 - group["lr"] * group["weight_decay"]
    assert names["w"].item() == pytest.approx(expected) and expected < 1


@pytest.mark.claim(
    "training/loop#zero-grad",
    ".grad becomes None, and SGD, Adam, and AdamW skip a parameter without a gradient",
)
@pytest.mark.parametrize(
    "make",
    [
        *OPTIMIZERS,
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.5),
        lambda p: torch.optim.Adam(p, lr=0.1),
    ],
)
def test_zero_grad_none_is_skipped_and_zero_is_not(make):
    for set_to_none in (True, False):
        w = nn.Parameter(torch.ones(1))
        optimizer = make([w])
        w.sum().backward()
        optimizer.step()
        before = w.item()
        if set_to_none:
            optimizer.zero_grad()  # the default
        else:
            optimizer.zero_grad(set_to_none=False)
        assert (w.grad is None) == set_to_none
        optimizer.step()
        assert (w.item() == before) == set_to_none


@pytest.mark.claim(
    "training/loop#zero-grad",
    "With .grad at None, p.grad.norm() raises 'NoneType' object has no attribute 'norm'",
)
def test_zero_grad_leaves_no_norm():
    p = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([p], lr=0.1)
    p.sum().backward()
    assert p.grad.norm() > 0
    optimizer.zero_grad()
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'norm'"):
        p.grad.norm()


@pytest.mark.claim(
    "training/loop#zero-grad",
    "Gradients of parameters outside the optimizer keep adding up; "
    "model.zero_grad() clears those of the whole model",
    "requires_grad_(False) saves computing them",
)
def test_zero_grad_outside_the_optimizer():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    backbone, head = model
    optimizer = torch.optim.SGD(head.parameters(), lr=0.0)
    for times in (1, 2, 3):
        optimizer.zero_grad()
        model(torch.ones(4, 2)).mean().backward()
        if times == 1:
            once = backbone.weight.grad.clone()
        torch.testing.assert_close(backbone.weight.grad, times * once)
    backbone.requires_grad_(False)
    model.zero_grad()  # those of frozen parameters too
    assert all(p.grad is None for p in model.parameters())
    model(torch.ones(4, 2)).mean().backward()
    assert backbone.weight.grad is None and head.weight.grad is not None


@pytest.mark.claim(
    "training/loop#zero-grad",
    "requires_grad_(False) keeps the last .grad, and the next step() still applies it",
)
@pytest.mark.parametrize("make", OPTIMIZERS)
def test_zero_grad_after_freezing(make):
    model = nn.Linear(2, 1)
    optimizer = make(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    model.requires_grad_(False)
    before = model.weight.clone()
    optimizer.step()
    assert not torch.equal(model.weight, before)
    optimizer.zero_grad()
    before = model.weight.clone()
    optimizer.step()
    assert torch.equal(model.weight, before)


@pytest.mark.claim(
    "training/loop#zero-grad",
    "throws away the fresh gradients: the parameters stay as they are, and no error is raised",
    "With a GradScaler, scaler.step(optimizer) raises "
    "No inf checks were recorded for this optimizer",
)
@pytest.mark.parametrize("make", OPTIMIZERS)
def test_zero_grad_between_backward_and_step_loses_the_step(make):
    model = nn.Linear(2, 1)
    optimizer = make(model.parameters())
    loss = model(torch.ones(1, 2)).sum()
    before = copy.deepcopy(model.state_dict())
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())

    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(model(torch.ones(1, 2)).sum()).backward()
    optimizer.zero_grad()
    with pytest.raises(AssertionError, match="No inf checks were recorded for this optimizer"):
        scaler.step(optimizer)


@pytest.mark.claim(
    "training/loop#gradient-clipping",
    "Call clip_grad_norm_ after backward() and before step(). "
    "When the total norm of the gradients exceeds max_norm, it scales them all down by one factor",
    "Collect norm as a tensor and read it after the epoch",
)
def test_gradient_clipping(run, monkeypatch):
    clipped, step = [], torch.optim.AdamW.step

    def spy(self, *args):
        clipped.append(get_total_norm([p.grad for p in self.param_groups[0]["params"]]).item())
        return step(self, *args)

    monkeypatch.setattr(torch.optim.AdamW, "step", spy)
    names = run("training/loop/gradient_clipping.py")
    assert len(names["norms"]) == len(clipped) == 4
    for norm, used in zip(names["norms"], clipped, strict=True):
        assert isinstance(norm, torch.Tensor) and norm.shape == () and not norm.requires_grad
        assert used == pytest.approx(min(norm.item(), 1.0), rel=1e-5)
    assert any(norm > 1 for norm in names["norms"])


@pytest.mark.claim(
    "training/loop#gradient-clipping",
    "The total norm is that of all gradients taken as one vector, so clipping keeps its direction",
    "clip_grad_value_ clamps each element on its own",
)
def test_gradient_clipping_value(run):
    names = run("training/loop/gradient_clipping_value.py")
    assert names["norm"].item() == 5.0 and names["p"].grad.tolist() == [1.0, 1.0]
    p = nn.Parameter(torch.zeros(2))
    p.grad = torch.tensor([3.0, 4.0])
    clip_grad_norm_([p], max_norm=1.0)
    torch.testing.assert_close(p.grad, torch.tensor([0.6, 0.8]))
    # below max_norm: as it was
    before = p.grad.clone()
    clip_grad_norm_([p], max_norm=2.0)
    assert torch.equal(p.grad, before)
    # one factor for all parameters, also of other shapes, and without a gradient for some
    q, r, s = (nn.Parameter(torch.zeros(n)) for n in (1, 2, 3))
    q.grad, r.grad = torch.tensor([30.0]), torch.tensor([0.0, -40.0])
    assert clip_grad_norm_([q, r, s], max_norm=1.0).item() == 50
    torch.testing.assert_close(torch.cat([q.grad, r.grad]), torch.tensor([0.6, 0.0, -0.8]))
    assert s.grad is None
    p.grad = torch.tensor([0.5, -4.0])
    clip_grad_value_([p], 1.0)
    assert p.grad.tolist() == [0.5, -1.0]


@pytest.mark.claim(
    "training/loop#gradient-clipping",
    'max_norm=float("inf") leaves finite gradients alone and returns their norm; '
    "get_total_norm takes a list of gradients",
)
def test_gradient_clipping_only_looks_at_the_norm():
    p = nn.Parameter(torch.zeros(2))
    for grad, norm in [([3.0, 4.0], 5), ([0.0, 0.0], 0), ([3e8, -4e8], 5e8)]:
        p.grad = torch.tensor(grad)
        assert clip_grad_norm_([p], max_norm=float("inf")).item() == pytest.approx(norm)
        assert p.grad.tolist() == torch.tensor(grad).tolist()
        assert get_total_norm([p.grad]).item() == pytest.approx(norm)


@pytest.mark.claim(
    "training/loop#gradient-clipping",
    "Clipping does not repair inf and NaN, and raises no error: "
    "a single inf becomes NaN and all other gradients become 0, a single NaN makes all of them NaN",
    "error_if_nonfinite=True raises and leaves the gradients as they were",
)
@pytest.mark.parametrize("bad", [INF, -INF, NAN])
def test_gradient_clipping_of_nonfinite_gradients(bad):
    p, q = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    p.grad, q.grad = torch.tensor([bad, 1.0]), torch.tensor([2.0, 3.0])
    with pytest.raises(RuntimeError, match="is non-finite"):
        clip_grad_norm_([p, q], 1.0, error_if_nonfinite=True)
    assert p.grad[1] == 1 and q.grad.tolist() == [2.0, 3.0] and not p.grad[0].isfinite()
    clip_grad_norm_([p, q], 1.0)
    rest = torch.cat([p.grad[1:], q.grad])
    assert p.grad[0].isnan()
    assert rest.isnan().all() if bad != bad else not rest.any()


@pytest.mark.claim(
    "training/loop#gradient-clipping",
    "When several backward() calls share a step, clip once, after the last one. "
    "Before the first backward(), clipping returns 0 and does nothing",
)
def test_gradient_clipping_before_backward_does_nothing():
    model = nn.Linear(2, 1)
    for strict in (False, True):
        norm = clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=strict)
        assert norm.item() == 0 and model.weight.grad is None
    # clipped after each of two backward passes, the sum weighs them wrongly
    grads = []
    for times in (1, 2):
        model.zero_grad()
        for factor, x in ((100, [1.0, 0.0]), (10, [0.0, 1.0])):
            (factor * model(torch.tensor([x])).sum()).backward()
            if times == 2:
                clip_grad_norm_([model.weight], 1.0)
        clip_grad_norm_([model.weight], 1.0)
        grads.append(model.weight.grad[0].clone())
    torch.testing.assert_close(grads[0], torch.tensor([100.0, 10.0]) / 10100**0.5)
    assert grads[1][1] > grads[1][0]  # the direction is another


@pytest.mark.claim(
    "training/loop#gradient-clipping",
    "params = model.parameters() is a generator. "
    "The second clip_grad_norm_(params, 1.0) clips nothing and only warns",
)
def test_gradient_clipping_with_a_used_generator():
    model = nn.Linear(2, 1)
    (100 * model(torch.ones(1, 2)).sum()).backward()
    params = model.parameters()
    clip_grad_norm_(params, 10.0)
    before = model.weight.grad.clone()
    with pytest.warns(UserWarning, match="no gradient clipping will occur"):
        assert clip_grad_norm_(params, 1.0).item() == 0
    assert torch.equal(model.weight.grad, before)
    params = list(model.parameters())
    assert [round(clip_grad_norm_(params, 1.0).item()) for _ in range(2)] == [10, 1]


@pytest.mark.claim(
    "training/loop#gradient-clipping",
    "call scaler.unscale_(optimizer) before clipping, or you clip the scaled gradients",
)
def test_gradient_clipping_amp(run, monkeypatch):
    order = []

    def record(owner, name):
        original = getattr(owner, name)

        def spy(*args, **options):
            order.append(name)
            return original(*args, **options)

        monkeypatch.setattr(owner, name, spy)

    for name in ("scale", "unscale_", "step", "update"):
        record(torch.amp.GradScaler, name)
    record(torch.nn.utils, "clip_grad_norm_")
    names = run("training/loop/gradient_clipping_amp.py")
    assert order == ["scale", "unscale_", "clip_grad_norm_", "step", "update"]
    # true norm 5, clipped to 1: not the norm of the scaled gradients
    assert names["norm"].item() == 5.0
    grad = names["model"].weight.grad.cpu()
    torch.testing.assert_close(grad, torch.tensor([[0.6, 0.8]]))
    assert names["loss"].dtype == torch.float16  # autocast was on
    assert names["scaler"].get_scale() == 1024.0  # no overflow, the step was taken
    # the step was taken: the output fell by lr * x · grad = 0.1 * 5
    after = F.linear(names["x"], names["model"].weight).item()
    assert names["loss"].item() - after == pytest.approx(0.5, abs=0.02)


def test_gradient_clipping_amp_without_unscale_clips_too_much():
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    scaler.scale(model(torch.tensor([[3.0, 4.0]])).sum()).backward()
    assert clip_grad_norm_(model.parameters(), 1.0).item() == 5 * 1024
    scaler.step(optimizer)  # unscales the clipped gradients
    assert model.weight.grad.norm().item() == pytest.approx(1 / 1024, rel=1e-3)


@pytest.mark.claim(
    "training/loop#gradient-clipping",
    "Leave error_if_nonfinite out with a GradScaler: overflow is normal there. "
    "scaler.step() skips the step, and scaler.update() lowers the scale",
)
def test_gradient_clipping_amp_overflow_is_skipped():
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**17)  # beyond float16
    before = model.weight.detach().clone()
    with torch.autocast("cpu", dtype=torch.float16):
        loss = model(torch.ones(1, 2)).sum()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="non-finite"):
        clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True)
    clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    assert torch.equal(model.weight, before)
    assert scaler.get_scale() == 2.0**16


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that the training loop writes to, the same in each run."""
    monkeypatch.setattr(tempfile, "mkdtemp", lambda: str(tmp_path))
    return tmp_path


@pytest.mark.claim(
    "training/loop#training-loop",
    "keeps the epoch that is best on the validation data",
    "a warmup, then a cosine down to 0, with one step per batch",
    "Loss and accuracy are summed per sample on the device and read once",
    "elsewhere the script computes in float32",
)
def test_training_loop(run, folder, monkeypatch):
    steps, step = [], torch.optim.AdamW.step

    def spy(self, *args, **options):
        group = self.param_groups[0]
        norm = get_total_norm([p.grad for p in group["params"]]).item()
        steps.append((group["lr"], norm, [p.dtype for p in group["params"]]))
        return step(self, *args, **options)

    monkeypatch.setattr(torch.optim.AdamW, "step", spy)
    names = run("training/loop/training_loop.py")
    assert sorted(p.name for p in folder.iterdir()) == ["best.pt", "last.pt"]
    state = torch.load(names["last"], weights_only=True)
    start, best_acc, waited = state["progress"]
    assert start == 5 and best_acc > 0.95 and waited in range(5)
    # the model that is left is the best one, and its accuracy is that of all samples
    model, val_set = names["model"], names["val_set"]
    best = torch.load(names["best"], weights_only=True)
    assert all(torch.equal(p, best[name]) for name, p in model.state_dict().items())
    x, y = (torch.stack(t) for t in zip(*val_set, strict=True))
    logits = model.eval()(x)
    loss, acc = names["evaluate"]()
    assert acc == pytest.approx(best_acc) == (logits.argmax(1) == y).float().mean().item()
    assert loss == pytest.approx(F.cross_entropy(logits, y).item(), rel=1e-5)
    assert not logits.isnan().any() and logits.dtype == torch.float32
    # one learning rate per batch: up to the full one, then down to 0
    lrs, norms, _ = zip(*steps, strict=True)
    assert len(lrs) == 5 * len(names["loader"]) == names["steps"]
    top = lrs.index(max(lrs))
    assert lrs[0] == pytest.approx(2e-3) and max(lrs) == pytest.approx(2e-2)
    assert top == names["warmup"] == 8 and sorted(lrs[:top]) == list(lrs[:top])
    assert sorted(lrs[top:], reverse=True) == list(lrs[top:])
    assert names["optimizer"].param_groups[0]["lr"] == pytest.approx(0, abs=1e-9)
    assert max(norms) <= 1.0001
    assert set(names["train_set"].indices).isdisjoint(val_set.indices)


@pytest.mark.claim(
    "training/loop#training-loop",
    "resumes where it was interrupted",
    "The training state goes to a new file, which then replaces the old one",
    'To resume, use a fixed folder, such as Path("runs"), and start the script again. '
    "On the CPU, the result equals that of an uninterrupted run bit for bit",
)
@pytest.mark.parametrize(
    ("owner", "name", "at"),
    [(torch.optim.AdamW, "step", 70), (torch, "save", 6)],
    ids=["between batches", "writing the checkpoint"],
)
def test_training_loop_resumes(run, tmp_path, monkeypatch, owner, name, at):
    original, count = getattr(owner, name), 0

    def stop(*args, **options):
        nonlocal count
        count += 1
        if count < at:
            return original(*args, **options)
        if name == "save":
            Path(args[1]).write_bytes(b"half")
        raise KeyboardInterrupt

    def train(folder):
        monkeypatch.setattr(tempfile, "mkdtemp", lambda: str(folder))
        folder.mkdir(exist_ok=True)
        model = run("training/loop/training_loop.py")["model"]
        return torch.load(folder / "last.pt"), model.state_dict()

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, stop)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "resumed")
    assert 0 < torch.load(tmp_path / "resumed" / "last.pt")["progress"][0] < 5
    (a, best_a), (b, best_b) = train(tmp_path / "whole"), train(tmp_path / "resumed")
    assert a["progress"] == b["progress"] and a["scheduler"] == b["scheduler"]
    for x, y in ((a["model"], b["model"]), (best_a, best_b)):
        assert all(torch.equal(x[key], y[key]) for key in x)


@pytest.mark.claim(
    "training/loop#training-loop",
    "stops early",
    "After early stopping, another start trains no further. waited is in the checkpoint",
)
def test_training_loop_stops_early(run, folder, monkeypatch):
    count = 0

    def no_step(self, *args, **options):
        nonlocal count
        count += 1

    monkeypatch.setattr(torch.optim.AdamW, "step", no_step)  # it learns nothing
    names = run("training/loop/training_loop.py")
    assert count == 4 * len(names["loader"]) and names["waited"] == names["patience"] == 3
    assert torch.load(names["last"])["progress"][0] == 4
    run("training/loop/training_loop.py")
    assert count == 4 * len(names["loader"])


@pytest.mark.claim(
    "training/loop#training-loop",
    "drop_last=True leaves out the last batch if it is smaller; "
    "a training set smaller than one batch then gives none, and torch.stack raises",
    "seed also determines the split",
    "a resumed scheduler keeps its old T_max, and the learning rate would rise again",
)
def test_training_loop_limits():
    data = TensorDataset(torch.arange(10))
    assert [len(x) for (x,) in DataLoader(data, 4, drop_last=True)] == [4, 4]
    assert [len(x) for (x,) in DataLoader(data, 5, drop_last=True)] == [5, 5]
    assert list(DataLoader(data, 64, drop_last=True)) == []
    with pytest.raises(RuntimeError):
        torch.stack([])
    splits = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        splits.append(random_split(data, [5, 5])[0].indices)
    assert splits[0] == splits[1] != splits[2]

    def schedule(steps):
        optimizer = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=1.0)
        rise = lr_scheduler.LinearLR(optimizer, 0.1, total_iters=2)
        fall = lr_scheduler.CosineAnnealingLR(optimizer, steps - 2)
        return optimizer, lr_scheduler.SequentialLR(optimizer, [rise, fall], [2])

    def train(optimizer, scheduler, steps):
        lrs = []
        for _ in range(steps):
            optimizer.step()
            scheduler.step()
            lrs.append(optimizer.param_groups[0]["lr"])
        return lrs

    short, long = schedule(20), schedule(40)
    assert train(*short, 20)[-1] == pytest.approx(0)
    for part, loaded in zip(long, short, strict=True):
        part.load_state_dict(loaded.state_dict())
    rates = train(*long, 18)
    assert rates == sorted(rates) and rates[-1] == pytest.approx(1)


@pytest.mark.claim("training/loop#training-loop", "with disable=None, no bar fills a log file")
def test_training_loop_bar(tmp_path):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for file, shown in ((io.StringIO(), False), (Terminal(), True)):
        list(tqdm(range(3), leave=False, disable=None, file=file))
        assert bool(file.getvalue()) == shown


def spied_gradients(monkeypatch):
    """The gradients that each AdamW step uses."""
    seen, step = [], torch.optim.AdamW.step

    def spy(self, *args, **options):
        params = [p for group in self.param_groups for p in group["params"]]
        seen.append([(p.detach().clone(), p.grad.clone()) for p in params])
        return step(self, *args, **options)

    monkeypatch.setattr(torch.optim.AdamW, "step", spy)
    return seen


@pytest.mark.claim(
    "training/loop#gradient-accumulation",
    "divide each loss by the number of batches in the group, and call step() and zero_grad() "
    "once per group",
    "With equally large batches and a loss that is the plain mean over the samples, the gradient is that of the large batch",
    "math.ceil(len(loader) / accum) times per epoch",
)
def test_gradient_accumulation(run, monkeypatch):
    seen, batches, forward = spied_gradients(monkeypatch), [], nn.CrossEntropyLoss.forward
    monkeypatch.setattr(
        nn.Linear, "forward", lambda s, x: batches.append([x]) or x @ s.weight.T + s.bias
    )
    monkeypatch.setattr(
        nn.CrossEntropyLoss, "forward", lambda s, x, y: batches[-1].append(y) or forward(s, x, y)
    )
    names = run("training/loop/gradient_accumulation.py")
    assert len(seen) == math.ceil(len(names["loader"]) / names["accum"]) == 3
    for i, ((weight, grad), (bias, grad_bias)) in enumerate(seen):
        x, y = (torch.cat(t) for t in zip(*batches[4 * i : 4 * i + 4], strict=True))
        assert len(x) == (32, 32, 16)[i]
        w, b = weight.requires_grad_(), bias.requires_grad_()
        expected = torch.autograd.grad(F.cross_entropy(x @ w.T + b, y), (w, b))
        torch.testing.assert_close((grad, grad_bias), expected)
    assert names["model"].weight.grad is None


@pytest.mark.claim(
    "training/loop#gradient-accumulation",
    "divide the sum of the losses by the count of the whole group",
    "this also works without len(loader)",
    "Averaging the means of batches with unequal token counts overweights the tokens of the shorter",
)
def test_gradient_accumulation_tokens(run, monkeypatch):
    seen = spied_gradients(monkeypatch)
    names = run("training/loop/gradient_accumulation_tokens.py")
    tokens, labels = names["tokens"], names["labels"]
    assert len(seen) == 2
    for part, state in zip((slice(16), slice(16, None)), seen, strict=True):
        params = [p.requires_grad_() for p, _ in state]
        logits = F.linear(F.embedding(tokens[part], params[0]), *params[1:])
        loss = F.cross_entropy(logits.flatten(0, 1), labels[part].flatten())
        expected = torch.autograd.grad(loss, params)
        torch.testing.assert_close([grad for _, grad in state], list(expected))
    # one batch has 1 token, the other 9: the mean of means gives that one token half the weight
    losses = torch.ones(10, requires_grad=True)
    ((losses[:1].mean() + losses[1:].mean()) / 2).backward()
    assert losses.grad[0] == 0.5 and losses.grad[1].item() == pytest.approx(0.5 / 9)


@pytest.mark.claim(
    "training/loop#gradient-accumulation",
    "Without the division, the gradient is accum times too large. "
    "SGD without weight decay then takes steps that are "
    "accum times too large",
    "Adam and AdamW rescale the gradient, so that little shows",
    "the gradients of the last, incomplete group stay",
)
def test_gradient_accumulation_without_division():
    moved = {}
    for make in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW):
        for size in (4, 1):
            p = nn.Parameter(torch.tensor([1.0, 2.0]))
            optimizer = make([p], lr=0.01, weight_decay=0)
            for _ in range(4):
                (p.square().sum() / size).backward()
            optimizer.step()
            moved[make, size] = torch.tensor([1.0, 2.0]) - p.detach()
        factor = 4 if make is torch.optim.SGD else 1
        torch.testing.assert_close(moved[make, 1], factor * moved[make, 4])
    p = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([p], lr=0.1)
    for i in range(10):
        p.sum().backward()
        if (i + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()
    assert p.grad.item() == 2


@pytest.mark.claim(
    "training/loop#gradient-accumulation",
    "With a GradScaler, scale each loss, and call unscale_, step, and update once per group",
    "What depends on the whole batch sees the small ones: BatchNorm in training mode",
    "the mean of a weighted loss, which each batch divides by its own weights",
)
def test_gradient_accumulation_scaler_and_batchnorm():
    p = nn.Parameter(torch.tensor([3.0]))
    optimizer = torch.optim.SGD([p], lr=1.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for _ in range(4):
        scaler.scale(p.sum() / 4).backward()
    assert p.grad.item() == 1024
    scaler.unscale_(optimizer)
    assert p.grad.item() == 1
    scaler.step(optimizer)
    scaler.update()
    assert p.item() == 2
    x = torch.randn(8, 2)
    norm = nn.BatchNorm1d(2)
    small = torch.cat([norm(part) for part in x.split(4)])
    assert not torch.allclose(small, norm(x)) and norm.num_batches_tracked == 3

    def mean_of_means(loss_fn):
        halves = zip(logits.split(4), labels.split(4), strict=True)
        return sum(loss_fn(*half) for half in halves) / 2

    logits, labels = torch.randn(8, 2), torch.tensor([0, 0, 0, 0, 1, 1, 1, 0])
    plain, weighted = nn.CrossEntropyLoss(), nn.CrossEntropyLoss(torch.tensor([1.0, 9.0]))
    torch.testing.assert_close(mean_of_means(plain), plain(logits, labels))
    assert not torch.isclose(mean_of_means(weighted), weighted(logits, labels))


@pytest.mark.claim(
    "training/loop#gradient-accumulation",
    "run the forward and backward passes of all batches but the last of a group under "
    "model.no_sync(); otherwise each backward() communicates",
)
def test_gradient_accumulation_ddp():
    def communications(without_sync):
        torch.distributed.init_process_group(
            "gloo", store=torch.distributed.HashStore(), rank=0, world_size=1
        )
        model = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))
        calls = []

        def hook(state, bucket):
            calls.append(1)
            future = torch.futures.Future()
            future.set_result(bucket.buffer())
            return future

        model.register_comm_hook(None, hook)
        for i in range(4):
            with model.no_sync() if without_sync and i < 3 else contextlib.nullcontext():
                model(torch.ones(2, 2)).mean().backward()
        torch.distributed.destroy_process_group()
        return len(calls), model.module.weight.grad.tolist()

    assert in_child(communications, False) == (4, [[4.0, 4.0]])
    assert in_child(communications, True) == (1, [[4.0, 4.0]])
