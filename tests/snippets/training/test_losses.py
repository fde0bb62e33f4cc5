import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

INF = float("inf")
NO_GRAD_FN = "element 0 of tensors does not require grad and does not have a grad_fn"
READER = {
    "class_imbalance": "labels, num_classes = y, 3",
    "cross_entropy_logits": "labels = y",
    "choosing_loss": """
labels, flags, scores, tags = y, y.clamp(max=1).float(), x[:, 0], torch.ones(8, 4)
tokens, words = torch.randn(2, 3, 4), torch.randint(4, (2, 3))
pred, y, rates, counts = x, torch.randn(8, 4), x[:, 0], labels
teacher, (a, p, n) = torch.randn(8, 4).softmax(1), torch.randn(3, 8, 2)
""",
    "bce_with_logits": "model, loss_fn, y = nn.Linear(4, 1), nn.BCEWithLogitsLoss(), y.clamp(max=1)",
}


@pytest.mark.claim(
    "training/losses#custom-loss",
    "Write a loss as a function of tensors that returns a scalar tensor, and check the shapes first",
)
def test_custom_loss(run):
    names = run("training/losses/custom_loss.py")
    quantile_loss, y, model = names["quantile_loss"], names["y"], names["model"]
    assert names["pred"].shape == y.shape and names["loss"].shape == ()
    assert model.weight.grad.any()
    # too low costs q, too high costs 1 - q
    assert quantile_loss(y - 2, y, 0.75).item() == pytest.approx(2 * 0.75)
    assert quantile_loss(y + 2, y, 0.75).item() == pytest.approx(2 * 0.25)
    assert quantile_loss(y - 1, y, 0.75) == 3 * quantile_loss(y + 1, y, 0.75)
    # reduced by the mean, to a scalar
    target = torch.tensor([1.0, 2.0, 3.0])
    errors = torch.tensor([-1.0, 0.0, 3.0])
    loss = quantile_loss(target + errors, target, 0.75)
    assert loss.item() == pytest.approx((0.75 + 0 + 0.75) / 3)
    # it is minimal at the quantile
    sample = torch.linspace(0, 1, 1001)
    for q in (0.1, 0.5, 0.75):
        losses = [quantile_loss(torch.full_like(sample, c), sample, q) for c in sample[::50]]
        assert sample[::50][torch.stack(losses).argmin()].item() == pytest.approx(q)
    # differentiable
    pred = torch.zeros(3, requires_grad=True)
    quantile_loss(pred, target, 0.75).backward()
    torch.testing.assert_close(pred.grad, torch.full((3,), -0.75 / 3))


@pytest.mark.parametrize("shape", [(8, 1), (1, 8), (1,), (), (4,), (8, 8)])
def test_custom_loss_refuses_other_shapes(run, shape):
    names = run("training/losses/custom_loss.py")
    with pytest.raises(ValueError, match="!="):
        names["quantile_loss"](torch.zeros(shape), names["y"], 0.75)


@pytest.mark.claim(
    "training/losses#custom-loss",
    "register them as buffers, so that .to(device) moves them",
    "Register weights that are learned as nn.Parameter, "
    "and give loss_fn.parameters() to the optimizer too",
)
def test_custom_loss_module(run):
    names = run("training/losses/custom_loss_module.py")
    loss_fn, device = names["loss_fn"], names["device"]
    assert loss_fn.q.device.type == device.type and "q" in dict(loss_fn.named_buffers())
    assert names["loss"].shape == () and names["model"].weight.grad.any()
    # one column per quantile, each with its own q
    pred, target = torch.randn(5, 3, device=device), torch.randn(5, device=device)
    quantile_loss = run("training/losses/custom_loss.py")["quantile_loss"]
    columns = [quantile_loss(pred[:, i], target, q) for i, q in enumerate((0.1, 0.5, 0.9))]
    torch.testing.assert_close(loss_fn(pred, target), torch.stack(columns).mean())
    for wrong in (pred[:, :1], pred[:, 0], pred[:4], pred.T):
        with pytest.raises(ValueError, match="Size"):
            loss_fn(wrong, target)

    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = torch.ones(2)
            self.register_buffer("weight", torch.ones(2))
            self.learned = nn.Parameter(torch.zeros(2))

        def forward(self, losses):
            return ((-self.learned).exp() * losses + self.learned).sum()

    loss_fn = Loss().to("meta")
    assert loss_fn.weight.is_meta and loss_fn.learned.is_meta and not loss_fn.plain.is_meta
    model, loss_fn = nn.Linear(2, 2), Loss()
    loss_fn(model(torch.ones(1, 2)).square().mean(dim=0)).backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert not loss_fn.learned.any()
    torch.optim.SGD([*model.parameters(), *loss_fn.parameters()], lr=0.1).step()
    assert loss_fn.learned.any()


@pytest.mark.claim(
    "training/losses#custom-loss",
    "write squeeze(1), not squeeze(), which also removes the batch dimension when N is 1",
    "Where the shapes differ and broadcast, nn.MSELoss and nn.L1Loss only warn "
    "(Using a target size), and the loss is wrong",
)
def test_custom_loss_broadcasting():
    pred, target = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([1.0, 2.0, 3.0])
    # every prediction is right, yet the unchecked loss is not 0
    assert torch.equal(pred.squeeze(1), target)
    unchecked = (pred - target) ** 2
    assert unchecked.shape == (3, 3) and unchecked.mean() > 1
    assert pred[:1].squeeze().shape == () and pred[:1].squeeze(1).shape == (1,)
    for loss_fn in (nn.MSELoss(), nn.L1Loss()):
        with pytest.warns(UserWarning, match="Using a target size"):
            assert loss_fn(pred, target).item() > 0.8
        with (
            pytest.warns(UserWarning, match="target size"),
            pytest.raises(RuntimeError, match="must match"),
        ):
            loss_fn(torch.zeros(3, 2), target)  # these shapes do not broadcast


@pytest.mark.claim(
    "training/losses#custom-loss",
    "argmax, comparisons, .item(), and detach() cut the graph. "
    "With nothing else in the loss, backward() raises "
    "element 0 of tensors does not require grad and does not have a grad_fn",
    "round() and sign() stay in it, but their gradient is 0",
    "on several values, backward() raises grad can be implicitly created only for scalar outputs",
)
def test_custom_loss_that_cannot_be_differentiated():
    pred = torch.tensor([[0.3, 1.6], [2.2, 0.1]], requires_grad=True)
    for cut in (
        lambda: pred.argmax(dim=1).float().mean(),
        lambda: (pred > 1).float().mean(),
        lambda: torch.tensor(pred.sum().item()),
        lambda: pred.detach().sum(),
    ):
        with pytest.raises(RuntimeError, match=NO_GRAD_FN):
            cut().backward()
        (cut() + pred.sum()).backward()
    for flat in (pred.round(), pred.sign()):
        (grad,) = torch.autograd.grad(flat.square().sum(), pred)
        assert not grad.any()
    with pytest.raises(
        RuntimeError, match="grad can be implicitly created only for scalar outputs"
    ):
        pred.square().backward()
    pred.square().mean().backward()


@pytest.mark.claim(
    "training/losses#class-imbalance",
    "Pass weight to CrossEntropyLoss, so that samples of rare classes count more",
)
def test_class_imbalance(run):
    names = run("training/losses/class_imbalance.py")
    labels, counts, weight = names["labels"], names["counts"], names["weight"]
    assert counts.tolist() == [(labels == c).sum().item() for c in range(4)]
    assert weight.tolist() == sorted(weight.tolist()) and counts.tolist() == sorted(
        counts.tolist(), reverse=True
    )
    # over the training set, all classes have equal total weight
    torch.testing.assert_close(counts * weight, torch.full((4,), 25.0))
    # the weight travels with the loss
    loss_fn, model = names["loss_fn"], names["model"]
    assert torch.equal(loss_fn.weight.cpu(), weight)
    assert loss_fn.weight.device == model.weight.device == names["x"].device == names["y"].device
    assert "weight" in dict(loss_fn.named_buffers())
    assert names["loss"].isfinite()


@pytest.mark.claim(
    "training/losses#class-imbalance",
    "When the last classes are absent, weight without minlength in bincount is too short, "
    "and the loss raises weight tensor should be defined either for all 4 classes. "
    "Without clamp, the weight of an absent class is inf, "
    "and a batch with this class has a mean loss of NaN",
)
def test_class_imbalance_without_minlength_or_clamp():
    labels, logits = torch.tensor([0, 0, 1, 2]), torch.randn(2, 4)
    message = "weight tensor should be defined either for all 4 classes"
    with pytest.raises(RuntimeError, match=message):
        F.cross_entropy(logits, torch.tensor([0, 1]), weight=1 / torch.bincount(labels))
    counts = torch.bincount(labels, minlength=4)
    infinite, finite = 1 / counts, 1 / counts.clamp(min=1)
    assert infinite[3] == INF
    assert F.cross_entropy(logits, torch.tensor([0, 1]), weight=infinite).isfinite()
    assert F.cross_entropy(logits, torch.tensor([0, 3]), weight=infinite).isnan()
    assert F.cross_entropy(logits, torch.tensor([0, 3]), weight=finite).isfinite()


@pytest.mark.claim(
    "training/losses#class-imbalance",
    "With class indices, the mean divides by the sum of the weights in the batch. "
    "Scaling weight by a constant therefore does not change it, "
    "and in a batch of one class the weights cancel, unless labels are smoothed. "
    'With reduction="sum" they act in full',
)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_class_imbalance_mean_divides_by_the_weights(smoothing):
    weight, logits = torch.tensor([0.5, 1.0, 1.25, 5.0]), torch.randn(8, 4)
    y = torch.tensor([0, 1, 2, 3, 1, 2, 0, 0])
    options = {"label_smoothing": smoothing}
    loss = F.cross_entropy(logits, y, weight=weight, **options)
    total = F.cross_entropy(logits, y, weight=weight, reduction="sum", **options)
    torch.testing.assert_close(loss, total / weight[y].sum())
    torch.testing.assert_close(F.cross_entropy(logits, y, weight=100 * weight, **options), loss)
    torch.testing.assert_close(
        F.cross_entropy(logits, y, weight=3 * weight, reduction="sum", **options), 3 * total
    )
    one = torch.full((8,), 3)
    plain = F.cross_entropy(logits, one, **options)
    weighted = F.cross_entropy(logits, one, weight=weight, **options)
    assert torch.allclose(plain, weighted) == (smoothing == 0)
    # probabilities: the mean divides by the number of samples
    probabilities = F.one_hot(y, 4).float()
    torch.testing.assert_close(
        F.cross_entropy(logits, probabilities, weight=weight),
        F.cross_entropy(logits, y, weight=weight, reduction="sum") / 8,
    )


@pytest.mark.claim(
    "training/losses#class-imbalance",
    "bincount takes one-dimensional labels that are not negative",
    "labels[labels != -100] first, which also flattens",
    "pass the tensor negatives / positives as pos_weight of BCEWithLogitsLoss",
)
def test_class_imbalance_ignored_and_binary_labels():
    labels = torch.tensor([[0, -100], [2, 2]])
    for wrong in (labels[0], labels.clamp(min=0)):
        with pytest.raises(RuntimeError, match="1-d non-negative"):
            torch.bincount(wrong)
    assert torch.bincount(labels[labels != -100], minlength=4).tolist() == [1, 0, 2, 0]
    # pos_weight multiplies the positive part; negatives / positives balances the two
    y = torch.tensor([1.0, 0.0, 0.0, 0.0])
    ratio = (y == 0).sum() / (y == 1).sum()
    each = nn.BCEWithLogitsLoss(pos_weight=ratio, reduction="none")(torch.zeros(4), y)
    torch.testing.assert_close(each[y == 1].sum(), each[y == 0].sum())
    with pytest.raises(TypeError):
        nn.BCEWithLogitsLoss(pos_weight=ratio.item())


@pytest.mark.claim(
    "training/losses#class-imbalance",
    "Or resample, so that each class is drawn about equally often. "
    "Use one of the two: both together compensate twice",
    "in one epoch, some samples come several times and others not at all",
    "beside a sampler, the DataLoader raises sampler option is mutually exclusive with shuffle",
)
def test_class_imbalance_sampler(run):
    names = run("training/losses/class_imbalance_sampler.py")
    labels, weights, drawn = names["labels"], names["weights"], names["drawn"]
    assert labels.double().mean().item() == 0.1
    assert drawn.double().mean().item() == pytest.approx(0.5, abs=0.05)
    assert len(weights) == len(labels) == len(drawn)
    totals = [weights[labels == c].sum() for c in (0, 1)]
    torch.testing.assert_close(totals[0], totals[1])
    sampler = names["sampler"]
    assert sampler.replacement and names["loader"].sampler is sampler
    times = torch.bincount(torch.tensor(list(sampler)), minlength=len(labels))
    assert times.max() > 1 and times.min() == 0
    # "both together": drawn equally often, then weighted by 1 / count
    balanced = 0.5 / torch.bincount(labels)
    assert balanced[1] == 9 * balanced[0]
    with pytest.raises(ValueError, match="sampler option is mutually exclusive with shuffle"):
        DataLoader(names["dataset"], sampler=sampler, shuffle=True)
    # the same for any order of the labels
    torch.manual_seed(0)
    labels = labels[torch.randperm(1000)]
    weights = 1 / torch.bincount(labels)[labels]
    loader = DataLoader(
        TensorDataset(labels), batch_size=50, sampler=WeightedRandomSampler(weights, 1000)
    )
    assert torch.cat([y for (y,) in loader]).double().mean().item() == pytest.approx(0.5, abs=0.07)


@pytest.mark.claim(
    "training/losses#label-smoothing",
    "Pass label_smoothing to CrossEntropyLoss for training, and validate with the plain loss",
)
def test_label_smoothing(run):
    names = run("training/losses/label_smoothing.py")
    logits, labels = names["logits"], names["labels"]
    assert names["loss_fn"].label_smoothing == 0.1 and names["val_loss_fn"].label_smoothing == 0
    torch.testing.assert_close(names["loss"], F.cross_entropy(logits, labels, label_smoothing=0.1))
    torch.testing.assert_close(names["val_loss"], F.cross_entropy(logits, labels))
    # keeps the dtype of the logits
    assert names["loss_fn"](logits.bfloat16(), labels).dtype == torch.bfloat16


@pytest.mark.claim(
    "training/losses#label-smoothing",
    "Each row of the target becomes (1 - eps) * one_hot + eps / C and still sums to 1",
)
def test_label_smoothing_by_hand(run):
    names = run("training/losses/label_smoothing_by_hand.py")
    logits, labels, target = names["logits"], names["labels"], names["target"]
    assert names["eps"] == 0.1 and target.shape == (4, 5) and target.is_floating_point()
    torch.testing.assert_close(target.sum(dim=1), torch.ones(4))
    # the true class gets 1 - eps + eps / C, the others eps / C
    torch.testing.assert_close(target.gather(1, labels[:, None]), torch.full((4, 1), 0.92))
    assert torch.equal(target.argmax(dim=1), labels) and target.min().item() == pytest.approx(0.02)
    by_hand = -(target * logits.log_softmax(dim=1)).sum(dim=1).mean()
    torch.testing.assert_close(names["loss"], by_hand)
    torch.testing.assert_close(names["same"], by_hand)
    assert not torch.allclose(by_hand, F.cross_entropy(logits, labels))


@pytest.mark.claim(
    "training/losses#label-smoothing",
    "(1 - eps) * one_hot + eps / (C - 1) adds a share to the true class too, "
    "so each row sums to 1 + eps / (C - 1). "
    "With two classes, the target of the true class stays at 1",
    "To give the true class 1 - eps and each other class eps / (C - 1), as some papers do, "
    "pass label_smoothing=eps * C / (C - 1)",
)
@pytest.mark.parametrize("eps", [0.0, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("classes", [2, 5, 10])
def test_label_smoothing_formula(classes, eps):
    logits, labels = torch.randn(6, classes), torch.arange(6) % classes
    one_hot = F.one_hot(labels, classes).float()
    target = (1 - eps) * one_hot + eps / classes
    torch.testing.assert_close(target.sum(dim=1), torch.ones(6))
    torch.testing.assert_close(
        F.cross_entropy(logits, target), F.cross_entropy(logits, labels, label_smoothing=eps)
    )
    wrong = (1 - eps) * one_hot + eps / (classes - 1)
    torch.testing.assert_close(wrong.sum(dim=1), torch.full((6,), 1 + eps / (classes - 1)))
    if classes == 2:
        torch.testing.assert_close(wrong.gather(1, labels[:, None]), torch.ones(6, 1))
    paper = (1 - eps) * one_hot + eps / (classes - 1) * (1 - one_hot)
    torch.testing.assert_close(
        F.cross_entropy(logits, paper),
        F.cross_entropy(logits, labels, label_smoothing=eps * classes / (classes - 1)),
    )


@pytest.mark.claim(
    "training/losses#label-smoothing",
    "A smoothed loss has a floor above 0, the entropy of the target. "
    "With 5 classes and eps = 0.1 it is 0.39, "
    "and a loss grows again when the prediction becomes surer than the target",
)
def test_label_smoothing_has_a_floor():
    labels = torch.tensor([0, 2, 1, 4])
    target = 0.9 * F.one_hot(labels, 5) + 0.02
    best = F.cross_entropy(target.log(), labels, label_smoothing=0.1).item()
    entropy = -(0.92 * math.log(0.92) + 4 * 0.02 * math.log(0.02))
    assert best == pytest.approx(entropy, rel=1e-4) and round(entropy, 2) == 0.39
    for _ in range(20):
        assert F.cross_entropy(torch.randn(4, 5), labels, label_smoothing=0.1) > best
    losses = [
        F.cross_entropy(scale * F.one_hot(labels, 5).float(), labels, label_smoothing=0.1)
        for scale in (1, 2, math.log(0.92 / 0.02), 5, 10, 100)
    ]
    assert losses[0] > losses[1] > losses[2] < losses[3] < losses[4] < losses[5]
    assert F.cross_entropy(100 * F.one_hot(labels, 5).float(), labels) == 0


@pytest.mark.claim(
    "training/losses#label-smoothing",
    "With class indices, -100 is still ignored. With probabilities as targets, leave ignore_index out: "
    "it has no effect, and a value of 0 or more raises ignore_index is not supported for floating point target",
    "With class weights, the two forms above differ: "
    "only that with class indices divides by the sum of the weights",
    "BCEWithLogitsLoss has no such argument",
)
def test_label_smoothing_with_other_options():
    logits, labels = torch.randn(4, 5), torch.tensor([0, 2, 1, 4])
    target = 0.9 * F.one_hot(labels, 5) + 0.02
    some = labels.clone()
    some[0] = -100
    torch.testing.assert_close(
        F.cross_entropy(logits, some, label_smoothing=0.1),
        F.cross_entropy(logits[1:], labels[1:], label_smoothing=0.1),
    )
    for value in (-1, -100):
        assert torch.equal(
            F.cross_entropy(logits, target, ignore_index=value), F.cross_entropy(logits, target)
        )
    for value in (0, 1, 255):
        with pytest.raises(
            RuntimeError, match="ignore_index is not supported for floating point target"
        ):
            F.cross_entropy(logits, target, ignore_index=value)

    weight = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    indices = F.cross_entropy(logits, labels, weight=weight, label_smoothing=0.1)
    probabilities = F.cross_entropy(logits, target, weight=weight)
    torch.testing.assert_close(indices * weight[labels].sum() / 4, probabilities)
    assert not torch.allclose(indices, probabilities)

    with pytest.raises(TypeError, match="label_smoothing"):
        nn.BCEWithLogitsLoss(label_smoothing=0.1)
    # by hand, the same as cross-entropy over two classes
    score, y = torch.randn(6), torch.tensor([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
    two = torch.stack([torch.zeros(6), score], dim=1)
    torch.testing.assert_close(
        F.binary_cross_entropy_with_logits(score, y * (1 - 0.1) + 0.1 / 2),
        F.cross_entropy(two, y.long(), label_smoothing=0.1),
    )


@pytest.mark.claim(
    "training/losses#cross-entropy-logits",
    "Give F.cross_entropy the logits: it applies log_softmax itself",
    "For class indices without label smoothing, it equals log_softmax followed by nll_loss",
)
def test_cross_entropy_logits(run):
    names = run("training/losses/cross_entropy_logits.py")
    logits, labels = names["logits"], names["labels"]
    assert logits.shape == (8, 3) and labels.shape == (8,) and names["loss"].requires_grad
    log_probs = logits.log_softmax(dim=1)
    for options in ({}, {"reduction": "sum"}, {"weight": torch.tensor([1.0, 2.0, 3.0])}):
        torch.testing.assert_close(
            F.nll_loss(log_probs, labels, **options), F.cross_entropy(logits, labels, **options)
        )
    assert not torch.allclose(
        F.cross_entropy(logits, labels, label_smoothing=0.3), F.nll_loss(log_probs, labels)
    )
    with pytest.raises(RuntimeError):
        F.nll_loss(log_probs, names["probabilities"])
    assert torch.equal(names["predictions"], names["probabilities"].argmax(dim=1))
    torch.testing.assert_close(names["probabilities"].sum(dim=1), torch.ones(8))
    # where softmax and log one after the other give inf, it does not
    far = torch.tensor([[1000.0, -1000.0]])
    assert F.cross_entropy(far, torch.tensor([1])) == 2000
    assert F.nll_loss(far.softmax(dim=1).log(), torch.tensor([1])) == INF


@pytest.mark.claim(
    "training/losses#cross-entropy-logits",
    "A softmax before it raises no error. "
    "But even a certain and correct prediction costs 0.55 with 3 classes, "
    "and a confident mistake gets almost no gradient",
)
def test_cross_entropy_logits_softmax(run):
    names = run("training/losses/cross_entropy_logits_softmax.py")
    logits, labels = names["logits"], names["labels"]
    assert (logits.argmax(dim=1) == labels).tolist() == [True, False]
    assert names["losses"][0].item() == pytest.approx(math.log(math.e + 2) - 1, abs=1e-3)
    assert names["pull"] < 1e-3
    pulls = []
    for margin in (1.0, 5.0, 10.0, 20.0):
        wrong = torch.tensor([[0.0, margin, 0.0]], requires_grad=True)
        good, bad = (
            -torch.autograd.grad(F.cross_entropy(scores, labels[:1]), wrong)[0][0, 0]
            for scores in (wrong, wrong.softmax(dim=1))
        )
        assert good > 0.7
        pulls.append((bad / good).item())
    assert pulls == sorted(pulls, reverse=True) and pulls[0] > 0.1 and pulls[2] < 1e-3


@pytest.mark.parametrize("n", [1, 4])
def test_cross_entropy_logits_shapes(run, n):
    names = run("training/losses/cross_entropy_logits_shapes.py")
    assert names["flags"].is_floating_point() and names["logits"].shape == names["flags"].shape
    torch.testing.assert_close(
        names["loss"], F.binary_cross_entropy(names["logits"].sigmoid(), names["flags"])
    )
    tokens = names["tokens"]
    assert (tokens == -100).sum() == 2 and tokens.shape == (2, 6)
    # segmentation: pixel by pixel
    scores, mask = torch.randn(n, 5, 8, 8), torch.randint(5, (n, 8, 8))
    each = F.cross_entropy(scores.movedim(1, -1).reshape(-1, 5), mask.flatten())
    torch.testing.assert_close(F.cross_entropy(scores, mask), each)
    assert names["mask"].dtype == torch.int64 and names["mask"].shape == (2, 8, 8)
    # sequences: -100 is left out
    logits = torch.randn(2, 6, 5)
    kept = tokens != -100
    torch.testing.assert_close(
        F.cross_entropy(logits.flatten(0, 1), tokens.flatten()),
        -logits.log_softmax(dim=-1)[kept].gather(1, tokens[kept][:, None]).mean(),
    )


@pytest.mark.claim(
    "training/losses#cross-entropy-logits",
    "Make class indices int64 with labels.long(). "
    "int32 raises expected target dtype to be Long or Byte, but got Int; "
    "older releases say expected scalar type Long but found Int",
    "For logits (N, C) with more than one class, "
    "indices of shape (N, 1) raise multi-target not supported: write labels.squeeze(1)",
)
def test_cross_entropy_logits_wrong_indices():
    logits, labels = torch.randn(2, 3), torch.tensor([0, 1])
    expected = F.cross_entropy(logits, labels)
    message = (
        "expected target dtype to be Long or Byte, but got Int"
        "|expected scalar type Long but found Int"
    )
    with pytest.raises(RuntimeError, match=message):
        F.cross_entropy(logits, labels.int())
    for dtype in (torch.bool, torch.int16, torch.float32):
        with pytest.raises(RuntimeError, match="Long"):
            F.cross_entropy(logits, labels.to(dtype))
    for dtype in (torch.bool, torch.uint8, torch.int32, torch.float32):
        assert torch.equal(F.cross_entropy(logits, labels.to(dtype).long()), expected)
    with pytest.raises(RuntimeError, match="multi-target not supported"):
        F.cross_entropy(logits, labels[:, None])
    assert torch.equal(F.cross_entropy(logits, labels[:, None].squeeze(1)), expected)


@pytest.mark.claim(
    "training/losses#cross-entropy-logits",
    "A target with the shape of the logits counts as probabilities. An integer one-hot raises "
    "Expected floating point type for target with class probabilities, got Long: "
    "pass the class indices, or one_hot.float(). That the rows of a target sum to 1 is not checked",
)
def test_cross_entropy_logits_probabilities():
    logits, labels = torch.randn(2, 3), torch.tensor([0, 1])
    one_hot = F.one_hot(labels, 3)
    with pytest.raises(
        RuntimeError,
        match="Expected floating point type for target with class probabilities, got Long",
    ):
        F.cross_entropy(logits, one_hot)
    expected = F.cross_entropy(logits, labels)
    torch.testing.assert_close(F.cross_entropy(logits, one_hot.float()), expected)
    torch.testing.assert_close(F.cross_entropy(logits, 7 * one_hot.float()), 7 * expected)


@pytest.mark.claim(
    "training/losses#cross-entropy-logits",
    # On CUDA: CHECK_INDEX_IN_CLASS in aten/src/ATen/native/cuda/Loss.cu.
    "A label outside 0 … C-1, other than -100, raises IndexError: Target 3 is out of bounds",
    "With a single output per sample, the loss is 0 for label 0 and label 1 is out of bounds: "
    "nothing is learned",
    "If all targets of a batch are -100, the mean is NaN",
)
def test_cross_entropy_logits_labels_out_of_range():
    logits = torch.randn(2, 3, requires_grad=True)
    options = ({}, {"reduction": "sum"}, {"label_smoothing": 0.1}, {"weight": torch.ones(3)})
    for label in (3, -1):
        for option in options:
            with pytest.raises(IndexError, match=f"Target {label} is out of bounds"):
                F.cross_entropy(logits, torch.tensor([0, label]), **option)
    with pytest.raises(IndexError, match="Target 3 is out of bounds"):
        F.cross_entropy(torch.randn(2, 3, 4), torch.full((2, 4), 3))

    assert F.cross_entropy(logits, torch.full((2,), -100)).isnan()
    assert F.cross_entropy(logits, torch.full((2,), -100), reduction="sum") == 0
    assert F.cross_entropy(logits, torch.tensor([0, -100])).isfinite()

    single = torch.randn(4, 1, requires_grad=True)
    loss = F.cross_entropy(single, torch.zeros(4, dtype=torch.long))
    loss.backward()
    assert loss == 0 and not single.grad.any()
    with pytest.raises(IndexError, match="Target 1 is out of bounds"):
        F.cross_entropy(single, torch.tensor([0, 1, 0, 1]))


@pytest.mark.claim(
    "training/losses#cross-entropy-logits",
    "Sequence logits (N, L, C) that are not flattened raise no error when L equals C, "
    "and the loss is wrong",
)
def test_cross_entropy_logits_sequences_not_flattened():
    for length in (2, 5):
        with pytest.raises(RuntimeError, match="Expected target size"):
            F.cross_entropy(torch.randn(2, length, 3), torch.zeros(2, length, dtype=torch.long))
    square, tokens = torch.randn(2, 3, 3), torch.tensor([[0, 1, 1], [2, 1, 0]])
    right = F.cross_entropy(square.flatten(0, 1), tokens.flatten())
    assert not torch.allclose(F.cross_entropy(square, tokens), right)


@pytest.mark.claim(
    "training/losses#l1-regularization",
    "Add the sum of absolute weights, times a coefficient λ, to the loss",
    "skip biases and normalization layers, whose parameters are mostly one-dimensional",
    "the penalty adds ±λ to the gradient of each weight other than 0, "
    "and with λ = 1 it often drowns the gradient of the data",
)
def test_l1_regularization(run):
    names = run("training/losses/l1_regularization.py")
    model, weights = names["model"], names["weights"]
    assert [id(w) for w in weights] == [id(model[0].weight), id(model[3].weight)]
    assert names["loss"] > names["data_loss"] and names["l1_lambda"] == 1e-4

    x, y, loss_fn = names["x"], names["y"], names["loss_fn"]
    named = dict(model.named_parameters())
    with torch.no_grad():
        model[0].weight[0, 0] = 0  # the gradient of |w| is 0 there
    data = torch.autograd.grad(loss_fn(model(x), y), named.values())
    assert all(g.abs().mean() < 0.5 for g in data)
    for lam in (1e-4, 1.0):
        penalty = sum(w.abs().sum() for w in weights)
        torch.testing.assert_close(
            penalty, model[0].weight.abs().sum() + model[3].weight.abs().sum()
        )
        grads = torch.autograd.grad(loss_fn(model(x), y) + lam * penalty, named.values())
        for name, total, own in zip(named, grads, data, strict=True):
            extra = lam * named[name].sign() if name in ("0.weight", "3.weight") else 0 * own
            torch.testing.assert_close(total - own, extra, atol=1e-5, rtol=0)
    for layer in (nn.BatchNorm2d(4), nn.GroupNorm(2, 4), nn.LayerNorm(4), nn.Conv2d(2, 2, 3)):
        ndims = {name: p.ndim for name, p in layer.named_parameters()}
        assert ndims["bias"] == 1 and (ndims["weight"] == 1 or isinstance(layer, nn.Conv2d))
    assert nn.LayerNorm((4, 4)).weight.ndim == 2  # "mostly"


def _sparse(make, steps=100, shrink=True):
    """Return how many weights are 0 after the training of l1_regularization_sparse.py."""
    torch.manual_seed(0)
    x = torch.randn(200, 10)
    y = 3 * x[:, :1] - 2 * x[:, 1:2]
    model = nn.Linear(10, 1)
    optimizer = make(model.parameters())
    for _ in range(steps):
        loss = F.mse_loss(model(x), y)
        if not shrink:
            loss = loss + 0.1 * model.weight.abs().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if shrink:
            with torch.no_grad():
                lr = optimizer.param_groups[0]["lr"]
                model.weight.copy_(F.softshrink(model.weight, lr * 0.1))
    return (model.weight == 0).sum().item(), model.weight.detach()[0]


@pytest.mark.claim(
    "training/losses#l1-regularization",
    "Weights that are not needed come close to 0 this way, but rarely reach it",
    "shrink the weights with F.softshrink after each step of plain SGD",
    "with torch.optim.Adam(model.parameters(), lr=0.01) this block prints 0",
)
def test_l1_regularization_sparse(run):
    names = run("training/losses/l1_regularization_sparse.py")
    x, y, model = names["x"], names["y"], names["model"]
    w = model.weight.detach().requires_grad_()
    assert (w != 0).tolist() == [[True, True] + [False] * 8]
    # optimal for mse + λ|w|: the data's gradient is -λ·sign(w), or at most λ where w is 0
    (grad,) = torch.autograd.grad(F.mse_loss(F.linear(x, w, model.bias.detach()), y), w)
    torch.testing.assert_close(grad[w != 0], -0.1 * w.detach()[w != 0].sign(), atol=1e-4, rtol=0)
    assert grad[w == 0].abs().max() <= 0.1

    def sgd(parameters):
        return torch.optim.SGD(parameters, lr=0.1)

    zeros, shrunk = _sparse(sgd)
    assert zeros == 8
    torch.testing.assert_close(shrunk, w.detach()[0])
    # the penalty in the loss instead
    zeros, plain = _sparse(sgd, shrink=False)
    assert zeros == 0 and (plain[2:].abs() < 0.05).all()
    for weights in (plain, shrunk):  # both pull the useful weights, 3 and -2, toward 0
        assert 2.9 < weights[0] < 2.99 and -1.99 < weights[1] < -1.9
    for steps in (100, 500):
        assert _sparse(lambda p: torch.optim.Adam(p, lr=0.01), steps)[0] == 0


@pytest.mark.claim(
    "training/losses#l1-regularization",
    "p.ndim > 1 also takes in nn.Embedding",
    "After loss = data_loss, loss += l1_lambda * l1 works in place and changes data_loss too",
    "nn.L1Loss compares predictions with targets and is no regularizer",
)
def test_l1_regularization_neighbours():
    assert nn.Embedding(3, 2).weight.ndim == 2
    w = torch.ones(2, requires_grad=True)
    data_loss = (3 * w).sum()
    loss = data_loss
    loss += 0.5 * w.abs().sum()
    assert data_loss.item() == 7 and loss is data_loss
    pred, target = torch.tensor([1.0, 5.0]), torch.tensor([2.0, 2.0])
    assert nn.L1Loss()(pred, target).item() == (pred - target).abs().mean().item()
    with pytest.raises(TypeError):
        nn.L1Loss()(pred)


@pytest.mark.claim(
    "training/losses#choosing-loss",
    "Where a loss below takes a target, it is the second argument",
    "The classes in nn compute the same",
)
def test_choosing_loss(run, monkeypatch):
    called = []

    def record(name):
        original = getattr(F, name)

        def spy(*args, **options):
            value = original(*args, **options)
            called.append((name, [a.shape for a in args], [a.dtype for a in args], value.item()))
            return value

        monkeypatch.setattr(F, name, spy)

    losses = {
        "cross_entropy": nn.CrossEntropyLoss(),
        "binary_cross_entropy_with_logits": nn.BCEWithLogitsLoss(),
        "mse_loss": nn.MSELoss(),
        "poisson_nll_loss": nn.PoissonNLLLoss(),
        "kl_div": nn.KLDivLoss(reduction="batchmean"),
        "triplet_margin_loss": nn.TripletMarginLoss(),
    }
    for name in losses:
        record(name)
    names = run("training/losses/choosing_loss.py")
    n, c, length, k = (names[key] for key in "NCLK")
    binary, f, i = "binary_cross_entropy_with_logits", torch.float32, torch.int64
    assert [call[:3] for call in called] == [
        ("cross_entropy", [(n, c), (n,)], [f, i]),
        ("cross_entropy", [(n * length, c), (n * length,)], [f, i]),
        (binary, [(n,), (n,)], [f, f]),
        (binary, [(n, c), (n, c)], [f, f]),
        ("mse_loss", [(n, k), (n, k)], [f, f]),
        ("poisson_nll_loss", [(n,), (n,)], [f, f]),
        ("kl_div", [(n, c), (n, c)], [f, f]),
        ("triplet_margin_loss", [(n, 16)] * 3, [f] * 3),
    ]
    monkeypatch.undo()
    given = [
        (names["x"], names["labels"]),
        (names["tokens"].flatten(0, 1), names["words"].flatten()),
        (names["scores"], names["flags"]),
        (names["x"], names["tags"]),
        (names["pred"], names["y"]),
        (names["rates"], names["counts"]),
        (names["x"].log_softmax(1), names["teacher"]),
        (names["a"], names["p"], names["n"]),
    ]
    for (name, *_, value), args in zip(called, given, strict=True):
        assert losses[name](*args).item() == value
    # the row of the table that the block leaves out
    assert F.cross_entropy(torch.randn(2, 5, 4, 3), torch.randint(5, (2, 4, 3))).shape == ()


@pytest.mark.claim(
    "training/losses#choosing-loss",
    "cross_entropy with 2 outputs, or one output with the binary loss",
    "For a constant prediction, mse_loss is lowest at the mean and l1_loss at the median",
    "smooth_l1_loss is quadratic below beta and linear above, so outliers pull less",
    "predict with rates.exp()",
)
def test_choosing_loss_minima():
    x, y = torch.randn(8, 2), torch.randint(2, (8,))
    one = F.binary_cross_entropy_with_logits(x[:, 1] - x[:, 0], y.float())
    torch.testing.assert_close(F.cross_entropy(x, y), one)
    sample = torch.tensor([0.0, 1.0, 2.0, 3.0, 94.0])
    grid = torch.arange(0, 95.0, 0.5)

    def lowest(loss):
        return grid[torch.stack([loss(torch.full((5,), c), sample) for c in grid]).argmin()]

    assert lowest(F.mse_loss) == 20 and lowest(F.l1_loss) == 2
    assert 2 <= lowest(F.smooth_l1_loss) < 3
    error = torch.tensor([0.5, 1.0, 3.0])
    for beta in (1.0, 2.0):
        loss = F.smooth_l1_loss(error, torch.zeros(3), beta=beta, reduction="none")
        expected = torch.where(error < beta, error**2 / 2 / beta, error - beta / 2)
        torch.testing.assert_close(loss, expected)
    means = torch.arange(1, 10.0)
    losses = [F.poisson_nll_loss(m.log().expand(3), torch.tensor([2.0, 4, 6])) for m in means]
    assert means[torch.stack(losses).argmin()] == 4


@pytest.mark.claim(
    "training/losses#choosing-loss",
    "kl_div takes the log of the prediction first, and the target second",
    'Its default reduction divides by N * C and warns; "batchmean" is the divergence per sample',
)
def test_choosing_loss_kl_div():
    p, q = (torch.randn(4, 5).softmax(1) for _ in range(2))
    divergence = (q * (q / p).log()).sum(1).mean()
    torch.testing.assert_close(F.kl_div(p.log(), q, reduction="batchmean"), divergence)
    with pytest.warns(UserWarning, match="batchmean"):
        torch.testing.assert_close(F.kl_div(p.log(), q), divergence / 5)


@pytest.mark.claim(
    "training/losses#bce-with-logits",
    "with logits and floating-point targets of the same shape",
    "Apply the sigmoid only to predict",
)
def test_bce_with_logits(run):
    names = run("training/losses/bce_with_logits.py")
    logits, y, probs = names["logits"], names["y"], names["probs"]
    expected = -(y * probs.log() + (1 - y) * (1 - probs).log()).mean()
    torch.testing.assert_close(names["loss"], expected)
    assert torch.equal(names["pred"], logits > 0)
    assert names["accuracy"] == ((logits > 0).long() == y).sum() / 8


@pytest.mark.claim(
    "training/losses#bce-with-logits",
    "give the model C outputs, and each of them a target of 0 or 1",
    "pos_weight weighs the positives of each class",
)
def test_bce_with_logits_multi_label(run):
    names = run("training/losses/bce_with_logits_multi_label.py")
    y, weight, logits = names["y"], names["pos_weight"], names["logits"]
    assert [row.nonzero().flatten().tolist() for row in y] == names["labels"]
    # in each class, positives and negatives count alike
    torch.testing.assert_close((y * weight).sum(0), (1 - y).sum(0))
    probs = logits.sigmoid()
    expected = -(weight * y * probs.log() + (1 - y) * (1 - probs).log()).mean()
    torch.testing.assert_close(names["loss"], expected)
    assert names["pred"].shape == y.shape
    assert torch.equal(names["pred"][:, 1], probs[:, 1] > 0.3)


@pytest.mark.claim(
    "training/losses#bce-with-logits",
    "Logits (N, 1) with a target (N,) raise Target size (torch.Size([8])) must be the same as "
    "input size (torch.Size([8, 1]))",
    "An int64 target raises result type Float can't be cast to the desired output type Long",
    "The range of the targets is not checked: with labels 1 and 2 in place of 0 and 1, the loss "
    "can fall below 0",
)
def test_bce_with_logits_targets():
    loss_fn, logits = nn.BCEWithLogitsLoss(), torch.randn(8, 1)
    size = r"Target size \(torch.Size\(\[8\]\)\) must be the same as input size"
    with pytest.raises(ValueError, match=size):
        loss_fn(logits, torch.ones(8))
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output"):
        loss_fn(logits, torch.ones(8, 1, dtype=torch.int64))
    assert loss_fn(torch.full((8,), 5.0), torch.tensor([1.0, 2.0] * 4)) < 0


@pytest.mark.claim(
    "training/losses#bce-with-logits",
    "at a confidently wrong logit of 100 its gradient is 0, that of BCEWithLogitsLoss is 1",
    "pos_weight broadcasts against the last dimension",
    "For logits (N, C, H, W) reshape it to (C, 1, 1); if W equals C, nothing is raised without this",
)
def test_bce_with_logits_gradient_and_broadcast():
    x, grads = torch.tensor([100.0], requires_grad=True), []
    for loss in (
        nn.BCELoss()(x.sigmoid(), torch.zeros(1)),
        nn.BCEWithLogitsLoss()(x, torch.zeros(1)),
    ):
        grads.append(torch.autograd.grad(loss, x)[0].item())
    assert grads == [0, 1]
    weight = torch.tensor([1.0, 2.0, 3.0])
    for width in (3, 4):
        logits, y = torch.randn(2, 3, 4, width), torch.ones(2, 3, 4, width)
        right = nn.BCEWithLogitsLoss(pos_weight=weight.reshape(3, 1, 1))(logits, y)
        by_class = F.binary_cross_entropy_with_logits(logits, y, reduction="none").mean((0, 2, 3))
        torch.testing.assert_close(right, (by_class * weight).mean())
        if width == 3:
            assert nn.BCEWithLogitsLoss(pos_weight=weight)(logits, y) != right
        else:
            with pytest.raises(RuntimeError, match="must match the size"):
                nn.BCEWithLogitsLoss(pos_weight=weight)(logits, y)


@pytest.mark.claim(
    "training/losses#bce-with-logits",
    "the odds come out pos_weight times as large. (logits - pos_weight.log()).sigmoid() corrects",
    'with reduction="none", take (loss * mask).sum() / mask.sum()',
    "because nan * 0 is NaN",
)
def test_bce_with_logits_calibration_and_mask():
    y = torch.tensor([1.0] + [0.0] * 9)  # odds 1 to 9
    weight = torch.tensor(4.0)
    logit = nn.Parameter(torch.zeros(()))
    optimizer = torch.optim.LBFGS([logit], line_search_fn="strong_wolfe", max_iter=50)

    def closure():
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(logit.expand(10), y, pos_weight=weight)
        loss.backward()
        return loss

    optimizer.step(closure)
    probs = logit.sigmoid().item()
    assert probs / (1 - probs) == pytest.approx(4 / 9, rel=1e-3)
    assert (logit - weight.log()).sigmoid().item() == pytest.approx(0.1, rel=1e-3)

    x, target = torch.randn(6), torch.tensor([1.0, 0, 1, float("nan"), 0, 1])
    mask = ~target.isnan()
    loss = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    assert ((loss * mask).sum() / mask.sum()).isnan()
    loss = F.binary_cross_entropy_with_logits(x, target.nan_to_num(0.0), reduction="none")
    expected = F.binary_cross_entropy_with_logits(x[mask], target[mask])
    torch.testing.assert_close((loss * mask).sum() / mask.sum(), expected)
