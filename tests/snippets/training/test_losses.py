import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

INF = float("inf")


def test_custom_loss(run):
    names = run("training/losses/custom_loss.py")
    loss_fn, target = names["loss_fn"], names["target"]
    # too low costs q, too high costs 1 - q
    assert loss_fn(target - 2, target).item() == pytest.approx(2 * 0.75)
    assert loss_fn(target + 2, target).item() == pytest.approx(2 * 0.25)
    assert names["low"].item() == 3 * names["high"].item()
    # reduced by the mean, to a scalar
    errors = torch.tensor([-1.0, 0.0, 3.0])
    assert loss_fn(target + errors, target).item() == pytest.approx((0.75 + 0 + 0.75) / 3)
    # it is minimal at the quantile
    sample = torch.linspace(0, 1, 1001)
    losses = torch.stack([loss_fn(torch.full_like(sample, c), sample) for c in sample[::50]])
    assert sample[::50][losses.argmin()].item() == pytest.approx(0.75)
    # differentiable
    pred = torch.zeros(3, requires_grad=True)
    loss_fn(pred, target).backward()
    torch.testing.assert_close(pred.grad, torch.full((3,), -0.75 / 3))


@pytest.mark.parametrize("shape", [(3, 1), (1, 3), (1,), (), (4,), (3, 3)])
def test_custom_loss_refuses_other_shapes(run, shape):
    names = run("training/losses/custom_loss.py")
    with pytest.raises(ValueError, match="!="):
        names["loss_fn"](torch.zeros(shape), names["target"])


def test_custom_loss_broadcasting(run):
    names = run("training/losses/custom_loss.py")
    pred, target = names["pred"], names["target"]
    # every prediction is right, yet the unchecked loss is not 0
    assert torch.equal(pred.squeeze(1), target)
    assert names["squared"].shape == (3, 3) and names["squared"].mean() > 1
    # "squeeze() also removes the batch dimension when N is 1"
    assert pred[:1].squeeze().shape == () and pred[:1].squeeze(1).shape == (1,)
    # "nn.MSELoss only warns, and broadcasts all the same"
    with pytest.warns(UserWarning, match="target size"):
        loss = nn.MSELoss()(pred, target)
    assert loss.item() == names["squared"].mean().item() > 1


def test_custom_loss_buffer_moves():
    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = torch.ones(2)
            self.register_buffer("weight", torch.ones(2))

    loss_fn = Loss().to("meta")
    assert loss_fn.weight.is_meta and not loss_fn.plain.is_meta


def test_class_imbalance(run):
    names = run("training/losses/class_imbalance.py")
    labels, counts, weight = names["labels"], names["counts"], names["weight"]
    assert 3 not in labels and len(weight) == names["num_classes"] == 4
    assert counts.tolist() == [80, 16, 4, 0]
    # "the classes that occur have equal total weight"
    totals = counts * weight
    assert (totals[:3] == totals[0]).all() and totals[0] > 0
    assert weight.isfinite().all() and (weight > 0).all()
    # the weight travels with the loss
    loss_fn, model = names["loss_fn"], names["model"]
    assert torch.equal(loss_fn.weight.cpu(), weight)
    assert loss_fn.weight.device == model.weight.device == names["x"].device == names["y"].device
    assert "weight" in dict(loss_fn.named_buffers())


@pytest.mark.parametrize("present", [[0], [2], [3], [0, 3], [1, 2], [0, 1, 2, 3]])
def test_class_imbalance_survives_absent_classes(run, present):
    names = run("training/losses/class_imbalance.py")
    y = torch.tensor(present * 4).to(names["y"].device)
    loss = names["loss_fn"](names["model"](names["x"][: len(y)]), y)
    assert loss.isfinite() and loss > 0


def test_class_imbalance_mean_divides_by_the_weights(run):
    names = run("training/losses/class_imbalance.py")
    weight = names["weight"]
    logits, y = torch.randn(8, 4), torch.tensor([0, 1, 2, 0, 1, 2, 0, 0])
    each = F.cross_entropy(logits, y, reduction="none")
    loss = F.cross_entropy(logits, y, weight=weight)
    torch.testing.assert_close(loss, (weight[y] * each).sum() / weight[y].sum())
    # "scaling weight by a constant does not change the loss"
    torch.testing.assert_close(F.cross_entropy(logits, y, weight=100 * weight), loss)


def test_class_imbalance_without_minlength_or_clamp(run):
    names = run("training/losses/class_imbalance.py")
    labels = names["labels"]
    logits = torch.randn(2, 4)
    short = 1 / torch.bincount(labels)
    message = "weight tensor should be defined either for all 4 classes"
    with pytest.raises(RuntimeError, match=message):
        F.cross_entropy(logits, torch.tensor([0, 1]), weight=short)
    infinite = 1 / torch.bincount(labels, minlength=4)
    assert infinite[3] == INF
    assert F.cross_entropy(logits, torch.tensor([0, 1]), weight=infinite).isfinite()
    assert F.cross_entropy(logits, torch.tensor([0, 3]), weight=infinite).isnan()


def test_class_imbalance_ignored_and_binary_labels():
    with pytest.raises(RuntimeError, match="non-negative"):
        torch.bincount(torch.tensor([0, -100]))
    # pos_weight multiplies the positive part; negatives / positives balances the two
    y = torch.tensor([1.0, 0.0, 0.0, 0.0])
    ratio = (y == 0).sum() / (y == 1).sum()
    each = nn.BCEWithLogitsLoss(pos_weight=ratio, reduction="none")(torch.zeros(4), y)
    torch.testing.assert_close(each[y == 1].sum(), each[y == 0].sum())


def test_class_imbalance_sampler(run):
    names = run("training/losses/class_imbalance_sampler.py")
    labels, weights = names["labels"], names["weights"]
    assert labels.double().mean().item() == 0.1
    assert names["share"].item() == pytest.approx(0.5, abs=0.05)
    # "each class is drawn equally often"
    assert len(weights) == len(labels)
    totals = [weights[labels == c].sum() for c in (0, 1)]
    torch.testing.assert_close(totals[0], totals[1])
    assert names["sampler"].generator.initial_seed() == 0  # the same draws in every run
    assert names["sampler"].replacement and names["sampler"].num_samples == len(labels)
    assert isinstance(names["loader"], DataLoader)
    assert names["loader"].sampler is names["sampler"]
    # "both together compensate twice": drawn equally often, then weighted by 1 / count
    balanced = 0.5 / torch.bincount(labels)
    assert balanced[1] == 9 * balanced[0]


@pytest.mark.parametrize("eps", [0.0, 0.1, 0.3, 1.0])
@pytest.mark.parametrize("classes", [2, 5, 10])
def test_label_smoothing_formula(classes, eps):
    logits, labels = torch.randn(6, classes), torch.arange(6) % classes
    one_hot = F.one_hot(labels, classes).float()
    target = (1 - eps) * one_hot + eps / classes
    torch.testing.assert_close(target.sum(dim=1), torch.ones(6))
    torch.testing.assert_close(
        F.cross_entropy(logits, target), F.cross_entropy(logits, labels, label_smoothing=eps)
    )
    # the admonition: rows sum to 1 + eps / (C - 1)
    wrong = (1 - eps) * one_hot + eps / (classes - 1)
    torch.testing.assert_close(wrong.sum(dim=1), torch.full((6,), 1 + eps / (classes - 1)))
    if classes == 2:  # "the target of the true class stays at 1"
        torch.testing.assert_close(wrong.gather(1, labels[:, None]), torch.ones(6, 1))


def test_label_smoothing(run):
    names = run("training/losses/label_smoothing.py")
    logits, labels, target = names["logits"], names["labels"], names["target"]
    assert names["eps"] == 0.1 and target.shape == (4, 5)
    torch.testing.assert_close(target.sum(dim=1), torch.ones(4))
    # the true class gets 1 - eps + eps / C, the others eps / C
    true = target.gather(1, labels[:, None])
    torch.testing.assert_close(true, torch.full((4, 1), 0.92))
    assert torch.equal(target.argmax(dim=1), labels) and target.min().item() == pytest.approx(0.02)
    expected = nn.CrossEntropyLoss(label_smoothing=0.1)(logits, labels)
    torch.testing.assert_close(names["loss"], expected)
    torch.testing.assert_close(names["by_hand"], expected)
    assert not torch.allclose(expected, F.cross_entropy(logits, labels))
    # keeps the dtype of the logits
    assert F.cross_entropy(logits.bfloat16(), labels, label_smoothing=0.1).dtype == torch.bfloat16


def test_label_smoothing_is_never_zero(run):
    names = run("training/losses/label_smoothing.py")
    # "even a perfect prediction has a loss above 0": at best the entropy of the target
    target, labels = names["target"], names["labels"]
    best = F.cross_entropy(target.log(), labels, label_smoothing=0.1).item()
    assert best == pytest.approx(-(0.92 * math.log(0.92) + 4 * 0.02 * math.log(0.02)), rel=1e-4)
    sure = 100 * F.one_hot(labels, 5).float()
    assert F.cross_entropy(sure, labels, label_smoothing=0.1) > best > 0.3
    assert F.cross_entropy(sure, labels) == 0


def test_label_smoothing_ignores_minus_100(run):
    names = run("training/losses/label_smoothing.py")
    logits, labels = names["logits"], names["labels"].clone()
    labels[0] = -100
    torch.testing.assert_close(
        F.cross_entropy(logits, labels, label_smoothing=0.1),
        F.cross_entropy(logits[1:], labels[1:], label_smoothing=0.1),
    )
    with pytest.raises(RuntimeError, match="ignore_index is not supported"):
        F.cross_entropy(logits, names["target"], ignore_index=1)


def test_cross_entropy_logits(run):
    names = run("training/losses/cross_entropy_logits.py")
    logits, labels = names["logits"], names["labels"]
    assert (logits.argmax(dim=1) == labels).tolist() == [True, False]
    each = F.cross_entropy(logits, labels, reduction="none")
    (grad,) = torch.autograd.grad(each.sum(), logits)
    assert each[0] < 0.001 and each[1] > 9 and grad[1].abs().max() > 0.99
    # log_softmax, then nll_loss
    by_hand = F.nll_loss(F.log_softmax(logits, dim=1), labels, reduction="none")
    torch.testing.assert_close(names["same"], by_hand)
    torch.testing.assert_close(by_hand, each)
    # softmax first: "right still costs, wrong gets no gradient"
    assert torch.equal(names["probs"], logits.softmax(dim=1))
    assert names["loss"][0].item() == pytest.approx(math.log(math.e + 2) - 1, abs=1e-3)
    assert names["grad"][1].abs().max() < 1e-3
    # "take classes with logits.argmax": softmax changes nothing
    assert torch.equal(logits.argmax(dim=1), names["probs"].argmax(dim=1))


def test_cross_entropy_logits_equivalence_has_conditions():
    logits, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    probabilities = torch.rand(4, 3).softmax(dim=1)
    log_probs = logits.log_softmax(dim=1)
    F.cross_entropy(logits, probabilities)
    with pytest.raises(RuntimeError):
        F.nll_loss(log_probs, probabilities)
    smooth = F.cross_entropy(logits, labels, label_smoothing=0.1)
    assert not torch.allclose(smooth, F.nll_loss(log_probs, labels))


def test_cross_entropy_logits_shapes(run):
    names = run("training/losses/cross_entropy_logits_shapes.py")
    scores, mask = names["scores"], names["mask"]
    # classes are dimension 1: pixel by pixel
    pixels = F.cross_entropy(scores, mask, reduction="none")
    assert pixels.shape == mask.shape and mask.dtype == torch.int64
    torch.testing.assert_close(names["pixel_losses"], pixels)
    each = F.cross_entropy(scores.movedim(1, -1).reshape(-1, 5), mask.flatten(), reduction="none")
    torch.testing.assert_close(pixels.flatten(), each)
    # "-100 is left out"
    tokens, logits = names["tokens"], names["logits"]
    assert (tokens == -100).sum() == 2 and names["kept"].sum() == 10
    log_probs = logits.log_softmax(dim=-1)
    picked = [
        log_probs[n, t, k]
        for (n, t), k in zip(names["kept"].nonzero(), tokens[names["kept"]], strict=True)
    ]
    torch.testing.assert_close(names["sequence_loss"], -torch.stack(picked).mean())
    torch.testing.assert_close(names["same"], names["sequence_loss"])
    # "one logit per target, targets are floats"
    flags, flag_logits = names["flags"], names["flag_logits"]
    assert flags.is_floating_point() and flag_logits.shape == flags.shape
    by_hand = F.binary_cross_entropy(flag_logits.sigmoid(), flags)
    torch.testing.assert_close(names["flag_loss"], by_hand)


def test_cross_entropy_logits_wrong_targets():
    logits = torch.randn(2, 3)
    with pytest.raises(RuntimeError, match="expected target dtype to be Long or Byte, but got Int"):
        F.cross_entropy(logits, torch.tensor([0, 1], dtype=torch.int32))
    with pytest.raises(RuntimeError, match="multi-target not supported"):
        F.cross_entropy(logits, torch.tensor([[0], [1]]))
    # not flattened: an error, unless L equals C
    with pytest.raises(RuntimeError, match="Expected target size"):
        F.cross_entropy(torch.randn(2, 5, 3), torch.zeros(2, 5, dtype=torch.long))
    square, tokens = torch.randn(2, 3, 3), torch.tensor([[0, 1, 1], [2, 1, 0]])
    right = F.cross_entropy(square.flatten(0, 1), tokens.flatten())
    assert not torch.allclose(F.cross_entropy(square, tokens), right)


def test_l1_regularization(run):
    names = run("training/losses/l1_regularization.py")
    model, weights, data_loss = names["model"], names["weights"], names["data_loss"]
    # weights only: both linear layers, no bias, no BatchNorm
    assert len(weights) == 2
    assert weights[0] is model[0].weight and weights[1] is model[3].weight
    # the coefficient: total = data + λ Σ|w|
    penalty = 0.01 * (model[0].weight.abs().sum() + model[3].weight.abs().sum())
    torch.testing.assert_close(names["loss"], data_loss + penalty)
    torch.testing.assert_close(data_loss, F.cross_entropy(model(names["x"]), names["labels"]))
    # the gradient effect: λ·sign(w) on weights, nothing on the others
    named = dict(model.named_parameters())
    grads = torch.autograd.grad(F.cross_entropy(model(names["x"]), names["labels"]), named.values())
    for (name, p), grad in zip(named.items(), grads, strict=True):
        extra = 0.01 * p.sign() if name in ("0.weight", "3.weight") else torch.zeros_like(p)
        torch.testing.assert_close(p.grad - grad, extra, atol=1e-5, rtol=0)
    # "with λ = 1 it often drowns the gradient of the data"
    assert all(g.abs().max() < 0.5 for g in names["data_grads"])


def test_l1_regularization_sparse(run):
    names = run("training/losses/l1_regularization_sparse.py")
    x, y, w, bias = (t.cpu() for t in (names["x"], names["y"], names["w"], names["model"].bias))
    assert names["shrink"] is True and names["zeros"] == 8
    assert (w != 0).tolist() == [[True, True] + [False] * 8]
    # optimal for mse + λ|w|: the data's gradient is -λ·sign(w), or at most λ where w is 0
    w = w.detach().requires_grad_()
    (grad,) = torch.autograd.grad(F.mse_loss(F.linear(x, w, bias), y), w)
    torch.testing.assert_close(grad[w != 0], -0.1 * w[w != 0].sign(), atol=1e-4, rtol=0)
    assert grad[w == 0].abs().max() <= 0.1


def test_l1_regularization_sparse_needs_the_shrinking(run, monkeypatch):
    models, linear = [], nn.Linear
    monkeypatch.setattr("torch.nn.Linear", lambda *size: models.append(linear(*size)) or models[-1])
    run("training/losses/l1_regularization_sparse.py")
    plain, shrunk = (model.weight.detach().cpu()[0] for model in models)
    # "close to 0 but rarely reach it"
    assert (plain[2:] != 0).all() and (plain[2:].abs() < 0.05).all()
    # both penalties pull the useful weights, 3 and -2, toward 0
    for w in (plain, shrunk):
        assert 2.9 < w[0] < 2.99 and -1.99 < w[1] < -1.9


def test_l1_loss_is_no_regularizer():
    pred, target = torch.tensor([1.0, 5.0]), torch.tensor([2.0, 2.0])
    assert nn.L1Loss()(pred, target).item() == (pred - target).abs().mean().item()
    with pytest.raises(TypeError):
        nn.L1Loss()(pred)
