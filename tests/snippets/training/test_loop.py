import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

INF = float("inf")


def test_train_eval_dropout(run):
    names = run("training/loop/train_eval.py")
    y, dropout, model = names["y"], names["dropout"], names["model"]
    assert dropout is model[2]
    # "p is the share dropped; the rest is scaled by 1 / (1 - p)"
    assert (y == 0).double().mean().item() == pytest.approx(dropout.p, abs=0.01)
    assert set(y.unique().tolist()) == {0.0, 1 / (1 - dropout.p)}
    assert dropout.p != 0.5, "p and 1 - p could be confused"
    # "nothing is dropped" in evaluation mode
    assert not model.training and not dropout.training
    assert torch.equal(dropout(names["ones"]), names["ones"])
    assert nn.Linear(1, 1).training  # a new module is in training mode


def test_train_eval_batch_norm(run):
    names = run("training/loop/train_eval.py")
    norm, x = names["norm"], names["x"]
    # one update only: in training mode, not in evaluation mode
    assert norm.num_batches_tracked.item() == 1
    expected = norm.momentum * x.mean(dim=0)
    torch.testing.assert_close(norm.running_mean, expected)
    by_running = (x - norm.running_mean) / (norm.running_var + norm.eps).sqrt()
    torch.testing.assert_close(norm(x), by_running)
    norm.train()
    by_batch = (x - x.mean(dim=0)) / (x.var(dim=0, correction=0) + norm.eps).sqrt()
    torch.testing.assert_close(norm(x), by_batch)


def test_train_eval_gradients_flow(run):
    names = run("training/loop/train_eval.py")
    # "do not touch autograd": computed and filled in evaluation mode
    assert names["loss"].requires_grad and not names["model"].training
    assert all(p.grad.abs().sum() > 0 for p in names["model"][3].parameters())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_train_eval_is_not_replaced_by_no_grad(mode):
    norm, dropout = nn.BatchNorm1d(2), nn.Dropout(0.5)
    with mode():
        norm(torch.full((4, 2), 10.0) + torch.arange(4)[:, None])
        assert (dropout(torch.ones(1000)) == 0).any()
    assert norm.num_batches_tracked.item() == 1
    assert (norm.running_mean > 1).all()


def test_train_eval_reaches_every_submodule():
    model = nn.Sequential(nn.Sequential(nn.BatchNorm1d(2)), nn.Linear(2, 2))
    model[0].eval()
    model.train()
    assert model[0][0].training  # the frozen layer has thawed
    model[0].eval()
    before = model[0][0].running_mean.clone()
    model(torch.randn(8, 2) + 5)
    assert torch.equal(model[0][0].running_mean, before)


def test_train_eval_batch_norm_exceptions():
    x = torch.randn(64, 2) * 3 + 5
    norm = nn.BatchNorm1d(2, track_running_stats=False).eval()
    torch.testing.assert_close(norm(x).mean(dim=0), torch.zeros(2), atol=1e-5, rtol=0)
    message = "Expected more than 1 value per channel when training"
    with pytest.raises(ValueError, match=message):
        nn.BatchNorm1d(2)(x[:1])
    nn.BatchNorm1d(2).eval()(x[:1])


def test_no_grad_evaluate(run):
    names = run("training/loop/no_grad_evaluate.py")
    evaluate, model, device = names["evaluate"], names["model"], names["device"]
    x, y, loader = names["x"], names["y"], names["loader"]
    assert not model.training  # eval() was called, and nothing was dropped
    right = (x.argmax(dim=1) == y).double()
    assert evaluate(model, loader, device) == right.mean().item() == 0.75
    # "a mean of batch accuracies is off"
    batches = [(a.argmax(dim=1) == b).double().mean() for a, b in loader]
    assert torch.stack(batches).mean().item() != pytest.approx(0.75, abs=0.01)
    # "records no graph"
    seen = []
    model.register_forward_hook(lambda module, args, output: seen.append(output))
    evaluate(model.train(), loader, device)
    assert len(seen) == 3 and all(out.is_inference() and not out.requires_grad for out in seen)
    assert not model.training


def test_no_grad(run):
    names = run("training/loop/no_grad.py")
    w, a, b = names["w"], names["a"], names["b"]
    assert not a.requires_grad and a.grad_fn is None and not a.is_inference()
    assert not b.requires_grad and b.is_inference()
    # "as a constant": the gradient of w * a is a, not 2 * 10 * w
    assert torch.equal(w.grad, a)
    # "a result of inference_mode needs clone() first"
    assert names["product"].requires_grad
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        w * b
    # "a leaf changes in place only under no_grad"
    torch.testing.assert_close(w.detach(), torch.tensor([1.0, 2.0]) - 0.1 * a)
    assert w.requires_grad and w.is_leaf
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        w -= 1


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_no_grad_has_nothing_to_backward(mode):
    model = nn.Linear(2, 1)
    with mode():
        loss = model(torch.ones(1, 2)).sum()
    message = "element 0 of tensors does not require grad and does not have a grad_fn"
    with pytest.raises(RuntimeError, match=message):
        loss.backward()


def test_zero_grad_adds_up_when_forgotten(run):
    names = run("training/loop/zero_grad.py")
    model, once = names["model"], names["once"]
    assert once.abs().sum() > 0
    # the parameters have not changed since: one backward gives `once`, a second one doubles it
    assert all(p.grad is None for p in model.parameters())
    for times in (1, 2):
        model(names["x"]).square().mean().backward()
        assert torch.equal(names["head"].weight.grad, times * once)


def test_zero_grad_loop(run):
    names = run("training/loop/zero_grad.py")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    for _ in range(3):  # plain gradient descent, each step on its own gradient
        loss = model(names["x"]).square().mean()
        for p, g in zip(
            model.parameters(), torch.autograd.grad(loss, model.parameters()), strict=True
        ):
            p.requires_grad_(False).sub_(0.1 * g).requires_grad_()
    for p, q in zip(names["model"].parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(p, q)


def test_zero_grad_optimizer_or_model(run, monkeypatch):
    cleared, zero_grad = [], torch.optim.Optimizer.zero_grad

    def spy(optimizer):
        cleared.append(sum(len(group["params"]) for group in optimizer.param_groups))
        zero_grad(optimizer)

    monkeypatch.setattr("torch.optim.Optimizer.zero_grad", spy)
    names = run("training/loop/zero_grad.py")
    assert cleared == [4, 4, 4, 4, 2]  # the head alone has two parameters
    model, head, backbone = names["model"], names["head"], names["backbone"]
    model(names["x"]).mean().backward()
    names["head_optimizer"].zero_grad()
    assert all(p.grad is None for p in head.parameters())
    assert all(p.grad is not None for p in backbone.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())
    # "p.grad.norm() raises"
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'norm'"):
        head.weight.grad.norm()


def test_zero_grad_outside_the_optimizer_keeps_adding():
    backbone, head = nn.Linear(2, 3), nn.Linear(3, 1)
    optimizer = torch.optim.SGD(head.parameters(), lr=0.0)
    for times in (1, 2, 3):
        optimizer.zero_grad()
        head(backbone(torch.ones(4, 2))).mean().backward()
        if times == 1:
            once = backbone.weight.grad.clone()
        torch.testing.assert_close(backbone.weight.grad, times * once)
    backbone.zero_grad()
    backbone.requires_grad_(False)
    head(backbone(torch.ones(4, 2))).mean().backward()
    assert backbone.weight.grad is None


def test_zero_grad_between_backward_and_step_loses_the_step():
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    before = copy.deepcopy(model.state_dict())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.zero_grad()
    optimizer.step()
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_zero_grad_set_to_none(run):
    names = run("training/loop/zero_grad_set_to_none.py")
    # the last round: zeros, and weight decay has moved the parameter
    assert names["set_to_none"] is False
    assert torch.equal(names["w"].grad, torch.zeros(1))
    group = names["optimizer"].param_groups[0]
    expected = 1 - group["lr"] * group["weight_decay"]
    assert names["w"].item() == pytest.approx(expected) and expected < 1


@pytest.mark.parametrize(
    "options", [{"momentum": 0.9}, {"weight_decay": 0.5}], ids=["momentum", "weight decay"]
)
def test_zero_grad_none_is_skipped_and_zero_is_not(options):
    for set_to_none in (True, False):
        w = nn.Parameter(torch.ones(1))
        optimizer = torch.optim.SGD([w], lr=0.1, **options)
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


def test_gradient_clipping(run, monkeypatch):
    calls = []

    def spy(*args, **options):
        calls.append(options)
        return clip_grad_norm_(*args, **options)

    monkeypatch.setattr("torch.nn.utils.clip_grad_norm_", spy)
    names = run("training/loop/gradient_clipping.py")
    assert len(calls) == 4 and all(c["error_if_nonfinite"] for c in calls)
    # the same by hand: each step on its own gradient, never longer than max_norm
    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    for _ in range(3):
        loss = F.mse_loss(model(names["x"].cpu()), names["y"].cpu())
        grads = torch.autograd.grad(loss, model.parameters())
        norm = torch.cat([g.flatten() for g in grads]).norm()
        with torch.no_grad():
            for p, g in zip(model.parameters(), grads, strict=True):
                p -= 0.1 * g / norm
    torch.testing.assert_close(names["norm"].cpu(), norm, rtol=1e-4, atol=0)  # before clipping
    assert names["norm"].item() > 100
    assert names["clipped"].item() == pytest.approx(1.0, abs=1e-3)
    torch.testing.assert_close(names["model"].weight.cpu(), model.weight, rtol=1e-4, atol=1e-5)
    # the error has left the gradients alone
    assert names["model"].weight.grad.isinf().sum() == 1


def test_gradient_clipping_keeps_the_direction():
    p = nn.Parameter(torch.zeros(2))
    p.grad = torch.tensor([3.0, 4.0])
    assert clip_grad_norm_([p], max_norm=1.0).item() == 5.0  # "the total norm before clipping"
    torch.testing.assert_close(p.grad, torch.tensor([0.6, 0.8]))
    # below max_norm: as it was
    clip_grad_norm_([p], max_norm=2.0)
    torch.testing.assert_close(p.grad, torch.tensor([0.6, 0.8]))
    # one factor for all parameters
    q, r = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    q.grad, r.grad = torch.tensor([30.0]), torch.tensor([40.0])
    clip_grad_norm_([q, r], max_norm=1.0)
    torch.testing.assert_close(torch.cat([q.grad, r.grad]), torch.tensor([0.6, 0.8]))
    # "clamps each element and changes the direction"
    p.grad = torch.tensor([3.0, 4.0])
    clip_grad_value_([p], 1.0)
    assert p.grad.tolist() == [1.0, 1.0]


def test_gradient_clipping_of_nonfinite_gradients():
    p, q = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    p.grad, q.grad = torch.tensor([INF, 1.0]), torch.tensor([2.0, 3.0])
    with pytest.raises(RuntimeError, match="is non-finite"):
        clip_grad_norm_([p, q], 1.0, error_if_nonfinite=True)
    assert p.grad.tolist() == [INF, 1.0] and q.grad.tolist() == [2.0, 3.0]
    # "one inf turns into NaN and sets every other gradient to 0, with no error"
    clip_grad_norm_([p, q], 1.0)
    assert p.grad[0].isnan() and p.grad[1] == 0 and q.grad.tolist() == [0.0, 0.0]


def test_gradient_clipping_before_backward_does_nothing():
    model = nn.Linear(2, 1)
    assert clip_grad_norm_(model.parameters(), 1.0).item() == 0
    assert clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True).item() == 0


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


def test_gradient_clipping_amp_overflow_is_skipped():
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**17)  # beyond float16
    before = model.weight.detach().clone()
    with torch.autocast("cpu", dtype=torch.float16):
        loss = model(torch.ones(1, 2)).sum()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    # "leave error_if_nonfinite out with a GradScaler: overflow is normal there"
    with pytest.raises(RuntimeError, match="non-finite"):
        clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True)
    clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    assert torch.equal(model.weight, before)
    assert scaler.get_scale() == 2.0**16


def test_gradient_clipping_amp_without_unscale_clips_too_much():
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    scaler.scale(model(torch.tensor([[3.0, 4.0]])).sum()).backward()
    assert clip_grad_norm_(model.parameters(), 1.0).item() == 5 * 1024
    scaler.step(optimizer)  # unscales the clipped gradients
    assert model.weight.grad.norm().item() == pytest.approx(1 / 1024, rel=1e-3)
