import copy
import math

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

READER = {
    "lr_schedules": "epochs = 3; optimizer.step()",
    "chained_schedulers": "epochs = 80",
    "warmup_cosine": "steps, warmup = 100, 5; optimizer.step()",
    "ema": "folder = Path('.')",
}


def an_optimizer(lr=0.1):
    return SGD(nn.Linear(2, 1).parameters(), lr=lr, momentum=0.9)


def rates(optimizer, *schedulers, epochs):
    """The learning rates that the epochs use."""
    used = []
    for _ in range(epochs):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    return used


@pytest.mark.claim(
    "training/optimizers#weight-decay",
    "kernels and matrices with weight decay, one-dimensional parameters (biases, normalization) without",
    "With (name, parameter) pairs, param_names tells what is in each group",
)
def test_weight_decay(run):
    names = run("training/optimizers/weight_decay.py")
    optimizer, model = names["optimizer"], names["model"]
    assert type(optimizer) is AdamW
    decay, rest = optimizer.param_groups
    assert decay["weight_decay"] == 0.1 and rest["weight_decay"] == 0
    # Every parameter in exactly one group, kernels and matrices in the first.
    assert {id(p) for p in decay["params"]} == {id(model[0].weight), id(model[3].weight)}
    assert {id(p) for p in rest["params"]} == {
        id(p) for p in (model[0].bias, model[1].weight, model[1].bias, model[3].bias)
    }
    assert decay["param_names"] == ["0.weight", "3.weight"]
    assert rest["param_names"] == ["0.bias", "1.weight", "1.bias", "3.bias"]
    # Only the first group shrinks when there is no gradient to follow.
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    shrunk = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert shrunk == {"0.weight", "3.weight"}


@pytest.mark.claim(
    "training/optimizers#weight-decay",
    "A group without weight_decay takes the constructor's argument",
    "Without that, AdamW takes 0.01, SGD and Adam take 0",
)
@pytest.mark.parametrize(("cls", "default"), [(AdamW, 0.01), (SGD, 0), (Adam, 0)])
def test_weight_decay_defaults(cls, default):
    def group(**arguments):
        return cls([{"params": [torch.zeros(1, requires_grad=True)]}], **arguments).param_groups[0]

    assert group()["weight_decay"] == default
    assert group(weight_decay=0.3)["weight_decay"] == 0.3


@pytest.mark.claim(
    "training/optimizers#weight-decay",
    "Excluding names that end in bias is not enough: "
    "the weight of nn.BatchNorm2d and the bias_ih_l0 of nn.LSTM still decay",
    "The rule goes by ndim, so the weights of nn.Embedding and nn.LayerNorm((4, 4)), "
    "both two-dimensional, decay too",
)
def test_weight_decay_which_parameters():
    def not_ending_in_bias(module):
        return [name for name, _ in module.named_parameters() if not name.endswith("bias")]

    assert not_ending_in_bias(nn.BatchNorm2d(8)) == ["weight"]
    assert "bias_ih_l0" in not_ending_in_bias(nn.LSTM(2, 2))
    one_dimensional = (nn.BatchNorm2d(8), nn.GroupNorm(2, 8), nn.LayerNorm(8), nn.RMSNorm(8))
    assert {p.ndim for m in one_dimensional for p in m.parameters()} == {1}
    assert nn.Embedding(4, 2).weight.ndim == nn.LayerNorm((4, 4)).weight.ndim == 2


@pytest.mark.claim(
    "training/optimizers#weight-decay",
    "An optimizer fills in the dictionaries in place, "
    "so a second one made from the same list takes over the first one's lr",
)
def test_weight_decay_groups_used_twice(run):
    groups = run("training/optimizers/weight_decay.py")["groups"]
    assert AdamW(groups, lr=0.5).param_groups[0]["lr"] == 1e-3
    fresh = [{"params": group["params"]} for group in groups]
    assert AdamW(fresh, lr=0.5).param_groups[0]["lr"] == 0.5


@pytest.mark.claim(
    "training/optimizers#weight-decay",
    "A group without the key \"params\" makes the optimizer raise KeyError: 'params'",
    "a second optimizer made from it gets an empty group, without an error",
)
def test_weight_decay_key_and_generator():
    model = nn.Linear(2, 2)
    with pytest.raises(KeyError, match=r"^'params'$"):
        SGD([{"parameters": list(model.parameters())}], lr=0.1)
    generator = (p for p in model.parameters())
    first, second = (SGD([{"params": generator}], lr=0.1) for _ in range(2))
    assert len(first.param_groups[0]["params"]) == 2
    assert second.param_groups[0]["params"] == []


@pytest.mark.claim(
    "training/optimizers#weight-decay",
    "multiplies the weight by 1 - lr * weight_decay",
    "both weights lose lr, the small one as much as the large one",
)
def test_weight_decay_decoupled(run, monkeypatch):
    made = []
    for cls in (SGD, Adam, AdamW):

        def recording(self, *args, _init=cls.__init__, **kwargs):
            _init(self, *args, **kwargs)
            made.append(self)

        monkeypatch.setattr(cls, "__init__", recording)
    run("training/optimizers/weight_decay_decoupled.py")
    ends = {}
    for optimizer in made:
        (group,) = optimizer.param_groups
        assert group["lr"] == 0.1 and group["weight_decay"] == 0.1
        ends[type(optimizer)] = group["params"][0].detach()
        assert not group["params"][0].grad.any()
    start = torch.tensor([1.0, 100.0])
    torch.testing.assert_close(ends[AdamW], start * (1 - 0.1 * 0.1))
    torch.testing.assert_close(ends[SGD], start - 0.1 * 0.1 * start)
    torch.testing.assert_close(ends[Adam], start - 0.1)


def trained(cls, weight_decay=0.0, penalty=0.0, max_norm=None, **arguments):
    """Weights after five steps on a loss with the penalty `penalty / 2 * w.square().sum()`."""
    w = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
    optimizer = cls([w], lr=0.1, weight_decay=weight_decay, **arguments)
    for _ in range(5):
        loss = (w - 2).square().sum() + penalty / 2 * w.square().sum()
        optimizer.zero_grad()
        loss.backward()
        if max_norm:
            nn.utils.clip_grad_norm_(w, max_norm)
        optimizer.step()
    return w.detach()


@pytest.mark.claim(
    "training/optimizers#weight-decay",
    "Without gradient clipping, that equals an L2 penalty of weight_decay / 2 * w.square().sum()",
    "AdamW leaves the gradient alone",
)
@pytest.mark.parametrize(
    ("cls", "arguments", "is_l2"),
    [
        (SGD, {}, True),
        (SGD, {"momentum": 0.9}, True),
        (SGD, {"max_norm": 1.0}, False),
        (Adam, {}, True),
        (Adam, {"max_norm": 1.0}, False),
        (AdamW, {}, False),
    ],
    ids=str,
)
def test_weight_decay_decoupled_equals_l2_penalty(cls, arguments, is_l2):
    decayed = trained(cls, weight_decay=0.3, **arguments)
    penalized = trained(cls, penalty=0.3, **arguments)
    assert torch.allclose(decayed, penalized) == is_l2


@pytest.mark.claim(
    "training/optimizers#weight-decay", "Adam(decoupled_weight_decay=True) does the same"
)
def test_weight_decay_decoupled_adam():
    decoupled = trained(Adam, weight_decay=0.3, decoupled_weight_decay=True)
    assert torch.equal(decoupled, trained(AdamW, weight_decay=0.3))
    assert not torch.equal(decoupled, trained(Adam, weight_decay=0.3))


@pytest.mark.claim(
    "training/optimizers#current-lr",
    "Read it before scheduler.step(); after that call, it is the next one",
    'optimizer.param_groups[0]["lr"] is the learning rate of the first group',
)
def test_current_lr(run):
    names = run("training/optimizers/current_lr.py")
    assert names["optimizer"].param_groups[0]["params"] == list(names["backbone"].parameters())
    assert names["lrs"] == [0.01 / 4, 0.1 / 4]  # epoch 2, after two halvings
    # After scheduler.step(), the values of epoch 3; then changed by hand.
    assert names["scheduler"].get_last_lr() == [0.01 / 8, 0.1 / 8]
    assert [g["lr"] for g in names["optimizer"].param_groups] == [
        0.01 / 8 * 0.1,
        0.1 / 8 * 0.1,
    ]


@pytest.mark.claim(
    "training/optimizers#current-lr",
    "returns what this scheduler set last",
    "It misses a change by hand",
    "A change by hand takes effect in the next optimizer.step()",
)
def test_current_lr_by_hand():
    w = torch.ones(1, requires_grad=True)
    optimizer = SGD([w], lr=0.1)
    scheduler = StepLR(optimizer, 1)
    optimizer.param_groups[0]["lr"] = 0.5
    w.grad = torch.ones(1)
    optimizer.step()
    assert w.item() == 0.5
    assert scheduler.get_last_lr() == [0.1]


OVERWRITING = {
    "LambdaLR": lambda o: LambdaLR(o, lambda t: 1 / (t + 1)),
    "CyclicLR": lambda o: CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=4),
    "OneCycleLR": lambda o: OneCycleLR(o, max_lr=0.1, total_steps=20),
    "CosineAnnealingWarmRestarts": lambda o: CosineAnnealingWarmRestarts(o, 20),
}
MULTIPLYING = {
    "ExponentialLR": lambda o: ExponentialLR(o, 0.9),
    "StepLR": lambda o: StepLR(o, 2),
    "MultiStepLR": lambda o: MultiStepLR(o, [1, 3]),
    "MultiplicativeLR": lambda o: MultiplicativeLR(o, lambda t: 0.9),
    "ConstantLR": lambda o: ConstantLR(o, 0.5, total_iters=3),
    "LinearLR": lambda o: LinearLR(o, 0.5, total_iters=3),
    "PolynomialLR": lambda o: PolynomialLR(o, 10),
    "CosineAnnealingLR": lambda o: CosineAnnealingLR(o, 10),
}


@pytest.mark.claim(
    "training/optimizers#current-lr",
    "LambdaLR, CyclicLR, OneCycleLR, and CosineAnnealingWarmRestarts do at their next step, "
    "ExponentialLR and StepLR go on from it",
)
@pytest.mark.parametrize("name", [*OVERWRITING, "ExponentialLR", "StepLR"])
def test_current_lr_by_hand_and_a_scheduler(name):
    make = (OVERWRITING | MULTIPLYING)[name]
    untouched, changed = an_optimizer(), an_optimizer()
    alone = rates(untouched, make(untouched), epochs=4)
    scheduler = make(changed)
    rates(changed, scheduler, epochs=2)
    assert changed.param_groups[0]["lr"] == alone[2]
    changed.param_groups[0]["lr"] = 10 * alone[2]
    changed.step()
    scheduler.step()
    factor = 1 if name in OVERWRITING else 10
    assert changed.param_groups[0]["lr"] == pytest.approx(factor * alone[3])


@pytest.mark.claim(
    "training/optimizers#lr-schedules", "call scheduler.step() after optimizer.step()"
)
def test_lr_schedules(run):
    names = run("training/optimizers/lr_schedules.py")
    scheduler, optimizer = names["scheduler"], names["optimizer"]
    assert type(scheduler) is CosineAnnealingLR and scheduler.last_epoch == names["epochs"] == 5
    assert [p["step"] for p in optimizer.state.values()] == [5 * 2] * 2  # two batches per epoch
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=1e-9)


@pytest.mark.claim(
    "training/optimizers#lr-schedules",
    "count calls of scheduler.step(): "
    "epochs with one call per epoch, batches with one call per batch",
    "falls along a cosine to eta_min, 0 by default, in T_max steps",
    "Past that, the learning rate rises again",
)
@pytest.mark.parametrize("eta_min", [0.0, 0.001])
def test_lr_schedules_cosine(eta_min):
    optimizer = an_optimizer()
    scheduler = CosineAnnealingLR(optimizer, T_max=5, eta_min=eta_min)
    used = rates(optimizer, scheduler, epochs=11)
    down = [eta_min + (0.1 - eta_min) * (1 + math.cos(math.pi * t / 5)) / 2 for t in range(6)]
    assert used == pytest.approx(down + down[-2::-1])
    assert CosineAnnealingLR(an_optimizer(), T_max=5).eta_min == 0
    # It counts its own calls, however often the optimizer steps.
    optimizer = an_optimizer()
    scheduler = CosineAnnealingLR(optimizer, T_max=5, eta_min=eta_min)
    for _ in range(5):
        for _ in range(3):
            optimizer.step()
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(eta_min, abs=1e-9)


@pytest.mark.claim(
    "training/optimizers#lr-schedules", "multiplies by gamma at each of the milestones"
)
def test_lr_schedules_multistep(run):
    names = run("training/optimizers/lr_schedules_multistep.py")
    assert type(names["scheduler"]) is MultiStepLR and names["epoch"] == 6
    assert names["optimizer"].param_groups[0]["lr"] == pytest.approx(0.001)
    optimizer = an_optimizer()
    used = rates(optimizer, MultiStepLR(optimizer, [3, 5], 0.1), epochs=7)
    assert used == pytest.approx([0.1] * 3 + [0.01] * 2 + [0.001] * 2)


def plateau(metrics, **arguments):
    """The learning rate after each of the metrics, reduced to a tenth at the third bad one."""
    optimizer = an_optimizer()
    scheduler = ReduceLROnPlateau(optimizer, patience=2, **arguments)
    after = []
    for metric in metrics:
        optimizer.step()
        scheduler.step(metric)
        after.append(optimizer.param_groups[0]["lr"])
    return after


@pytest.mark.claim(
    "training/optimizers#lr-schedules",
    "patience=2 tolerates two epochs without improvement and reduces at the third",
    'Accuracy needs mode="max"; the default, "min", is for losses',
)
def test_lr_schedules_plateau(run):
    names = run("training/optimizers/lr_schedules_plateau.py")
    assert type(names["scheduler"]) is ReduceLROnPlateau and names["scheduler"].mode == "max"
    assert names["optimizer"].param_groups[0]["lr"] == 0.05
    rising = [0.5, 0.6, 0.7, 0.8, 0.9]
    assert plateau(rising, mode="max") == [0.1] * 5
    # The default takes a rising accuracy for a loss that gets worse.
    assert plateau(rising) == pytest.approx([0.1] * 3 + [0.01] * 2)
    assert plateau(rising[::-1]) == [0.1] * 5


def test_lr_schedules_plateau_trains_before_it_looks(run, monkeypatch):
    calls, step, look = [], SGD.step, ReduceLROnPlateau.step
    monkeypatch.setattr(SGD, "step", lambda self: calls.append("step") or step(self))
    monkeypatch.setattr(
        ReduceLROnPlateau, "step", lambda self, m: calls.append("look") or look(self, m)
    )
    run("training/optimizers/lr_schedules_plateau.py")
    assert calls == ["step", "look"] * 6


@pytest.mark.claim(
    "training/optimizers#lr-schedules",
    "ReduceLROnPlateau ignores relative improvements below threshold=1e-4",
    "the relative rule takes a constant metric there for an improvement and never reduces",
)
def test_lr_schedules_plateau_threshold():
    def falling(rate):
        return [(1 - rate) ** i for i in range(4)]

    assert plateau(falling(2e-4))[-1] == 0.1
    assert plateau([1, 1 - 3e-5, 1 - 6e-5, 1 - 9e-5])[-1] == pytest.approx(0.01)
    for mode in ("min", "max"):
        assert plateau([-5.0] * 20, mode=mode)[-1] == 0.1
        assert plateau([-5.0] * 4, mode=mode, threshold_mode="abs")[-1] == pytest.approx(0.01)
        assert plateau([5.0] * 4, mode=mode)[-1] == pytest.approx(0.01)


@pytest.mark.claim(
    "training/optimizers#lr-schedules",
    "rises from start_factor times the learning rate to its full value, then stays there",
)
def test_lr_schedules_warmup(run):
    names = run("training/optimizers/lr_schedules_warmup.py")
    assert names["lrs"] == pytest.approx([0.01 * k for k in range(1, 10)] + [0.1] * 3)
    optimizer = an_optimizer()
    used = rates(optimizer, LinearLR(optimizer, start_factor=0.5, total_iters=2), epochs=20)
    assert used == pytest.approx([0.05, 0.075] + [0.1] * 18)


@pytest.mark.claim(
    "training/optimizers#lr-schedules",
    "as a warmup starts at 0 and keeps growing after ten steps. Write min(1, (t + 1) / 10)",
)
def test_lr_schedules_warmup_lambda():
    optimizer = an_optimizer()
    unbounded = rates(optimizer, LambdaLR(optimizer, lambda t: t / 10), epochs=20)
    assert unbounded[0] == 0 and unbounded[19] == pytest.approx(0.19)
    optimizer = an_optimizer()
    capped = rates(optimizer, LambdaLR(optimizer, lambda t: min(1, (t + 1) / 10)), epochs=20)
    assert capped == pytest.approx([0.01 * k for k in range(1, 11)] + [0.1] * 10)


@pytest.mark.claim("training/optimizers#lr-schedules", "verbose=True is gone and raises TypeError")
@pytest.mark.parametrize(
    "make",
    [
        lambda o: ReduceLROnPlateau(o, verbose=True),
        lambda o: StepLR(o, 3, verbose=True),
        lambda o: CosineAnnealingLR(o, 3, verbose=True),
    ],
    ids=["ReduceLROnPlateau", "StepLR", "CosineAnnealingLR"],
)
def test_lr_schedules_verbose(make):
    with pytest.raises(TypeError, match="verbose"):
        make(an_optimizer())


@pytest.mark.claim("training/optimizers#lr-schedules", "The scheduler has a state")
def test_lr_schedules_state():
    optimizer, again = an_optimizer(), an_optimizer()
    expected = rates(optimizer, scheduler := CosineAnnealingLR(optimizer, 9), epochs=8)
    resumed = CosineAnnealingLR(again, 9)
    rates(again, resumed, epochs=3)
    state = copy.deepcopy((again.state_dict(), resumed.state_dict()))
    last = an_optimizer()
    fresh = CosineAnnealingLR(last, 9)
    last.load_state_dict(state[0])
    fresh.load_state_dict(state[1])
    assert rates(last, fresh, epochs=5) == expected[3:]
    assert fresh.state_dict() == scheduler.state_dict()


@pytest.mark.claim(
    "training/optimizers#lr-schedules",
    "It skips the first learning rate with a UserWarning, "
    "and milestones=[50, 70] take effect in epochs 49 and 69",
)
def test_lr_schedules_step_first():
    optimizer = an_optimizer()
    scheduler = MultiStepLR(optimizer, milestones=[50, 70])

    def epoch():
        scheduler.step()
        used = optimizer.param_groups[0]["lr"]
        optimizer.step()
        return used

    with pytest.warns(UserWarning, match="before `optimizer.step"):
        first = epoch()
    used = [first] + [epoch() for _ in range(79)]
    assert [e for e in range(1, 80) if used[e] != used[e - 1]] == [49, 69]


@pytest.mark.claim(
    "training/optimizers#lr-schedules",
    "With one step per batch, the warning also comes when a GradScaler skipped the first update",
)
@pytest.mark.parametrize("overflow", [True, False])
def test_lr_schedules_skipped_first_update(overflow, recwarn):
    w = torch.ones(1, requires_grad=True)
    optimizer, scaler = SGD([w], lr=0.1), torch.amp.GradScaler("cpu")
    scheduler = StepLR(optimizer, 5)
    scaler.scale((w * (math.inf if overflow else 1)).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    scheduler.step()
    assert (w.item() == 1) == overflow
    assert any("before `optimizer.step" in str(w.message) for w in recwarn) == overflow


@pytest.mark.claim(
    "training/optimizers#chained-schedulers",
    "milestones says at which step the next one takes over; T_max is what remains after it",
)
def test_chained_schedulers(run):
    names = run("training/optimizers/chained_schedulers.py")
    assert names["epoch"] == 79 and names["optimizer"].param_groups[0]["lr"] == 0
    optimizer = an_optimizer()
    first = LinearLR(optimizer, start_factor=0.1, total_iters=10)
    then = CosineAnnealingLR(optimizer, T_max=70)
    lrs = rates(optimizer, SequentialLR(optimizer, [first, then], milestones=[10]), epochs=80)
    warmup = [0.1 * (0.1 + 0.9 * e / 10) for e in range(10)]
    cosine = [0.05 * (1 + math.cos(math.pi * e / 70)) for e in range(70)]
    assert lrs == pytest.approx(warmup + cosine)
    assert max(lrs) == lrs[10] == pytest.approx(0.1)


@pytest.mark.claim("training/optimizers#chained-schedulers", "with one step() and one state_dict()")
@pytest.mark.claim(
    "training/optimizers#current-lr", "and what another scheduler does later: trust the optimizer"
)
def test_chained_schedulers_product(run):
    names = run("training/optimizers/chained_schedulers_product.py")
    scheduler, slow, steep = names["scheduler"], names["slow"], names["steep"]
    lr = names["optimizer"].param_groups[0]["lr"]
    assert lr == pytest.approx(0.1 * 0.9**6 * 0.1**2)
    # What stepped first is a factor of 0.1 behind, the last one is right.
    assert slow.get_last_lr() == [pytest.approx(10 * lr)] and steep.get_last_lr() == [lr]
    assert slow.last_epoch == steep.last_epoch == 6
    assert [s["gamma"] for s in scheduler.state_dict()["_schedulers"]] == [0.9, 0.1]


@pytest.mark.claim(
    "training/optimizers#chained-schedulers",
    "Schedulers that multiply the current learning rate, such as ExponentialLR and StepLR, "
    "multiply their factors",
    "CosineAnnealingLR multiplies with eta_min=0",
)
@pytest.mark.parametrize("name", MULTIPLYING)
@pytest.mark.parametrize("first", [True, False])
def test_chained_schedulers_product_of_factors(name, first):
    alone, both = an_optimizer(), an_optimizer()
    expected = [
        lr * 0.5**e for e, lr in enumerate(rates(alone, MULTIPLYING[name](alone), epochs=8))
    ]
    schedulers = [MULTIPLYING[name](both), ExponentialLR(both, 0.5)][:: 1 if first else -1]
    assert rates(both, ChainedScheduler(schedulers), epochs=8) == pytest.approx(expected)


@pytest.mark.claim(
    "training/optimizers#chained-schedulers",
    "LambdaLR, CyclicLR, OneCycleLR, and CosineAnnealingWarmRestarts "
    "compute from the initial value at each step: what other schedulers did before is lost",
)
@pytest.mark.parametrize("name", OVERWRITING)
def test_chained_schedulers_product_that_is_none(name):
    alone, both = an_optimizer(), an_optimizer()
    expected = rates(alone, OVERWRITING[name](alone), epochs=5)
    later = [ExponentialLR(both, 0.5), OVERWRITING[name](both)]
    assert rates(both, *later, epochs=5)[1:] == pytest.approx(expected[1:])
    # The other way round, one factor of the other scheduler is left of all.
    both = an_optimizer()
    earlier = [OVERWRITING[name](both), ExponentialLR(both, 0.5)]
    assert rates(both, *earlier, epochs=5)[1:] == pytest.approx([lr / 2 for lr in expected[1:]])


@pytest.mark.claim(
    "training/optimizers#chained-schedulers",
    "With a larger one it does not, and the learning rate can fall below eta_min",
)
def test_chained_schedulers_product_with_eta_min():
    optimizer, alone = an_optimizer(), an_optimizer()
    cosine = rates(alone, CosineAnnealingLR(alone, 10, eta_min=0.01), epochs=6)
    schedulers = [ExponentialLR(optimizer, 0.5), CosineAnnealingLR(optimizer, 10, eta_min=0.01)]
    both = rates(optimizer, ChainedScheduler(schedulers[::-1]), epochs=6)
    assert both != pytest.approx([lr * 0.5**e for e, lr in enumerate(cosine)])
    assert both[5] < 0.01 < cosine[5]


@pytest.mark.claim(
    "training/optimizers#chained-schedulers",
    "SequentialLR and ChainedScheduler reject it with ValueError. Step it by itself",
)
@pytest.mark.parametrize(
    "combine",
    [lambda o, s: SequentialLR(o, s, milestones=[3]), lambda o, s: ChainedScheduler(s)],
    ids=["SequentialLR", "ChainedScheduler"],
)
def test_chained_schedulers_reject_plateau(combine):
    optimizer = an_optimizer()
    warmup, plateau = LinearLR(optimizer, 0.5, total_iters=2), ReduceLROnPlateau(optimizer)
    with pytest.raises(ValueError, match="ReduceLROnPlateau"):
        combine(optimizer, [warmup, plateau])
    optimizer.step()
    warmup.step()
    plateau.step(1.0)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.075)


@pytest.mark.claim(
    "training/optimizers#warmup-cosine",
    "a linear warmup, then half a cosine down to 0",
    "If you call scheduler.step() once per epoch here, the training makes only the first epochs "
    "steps of the curve and ends with a high learning rate, or within the warmup",
    "step / warmup without the + 1 makes the first update with a learning rate of 0",
)
def test_warmup_cosine(run):
    names = run("training/optimizers/warmup_cosine.py")
    lrs, factor = names["lrs"], names["warmup_cosine"]
    assert len(lrs) == names["steps"] == 100 and names["warmup"] == 5
    rise = torch.linspace(0.02, 0.1, 5)
    fall = 0.1 * (1 + torch.cos(torch.arange(95) / 95 * math.pi)) / 2
    torch.testing.assert_close(torch.tensor(lrs), torch.cat([rise, fall]))
    assert names["optimizer"].param_groups[0]["lr"] == factor(100) == factor(1000) == 0
    optimizer = an_optimizer()
    per_epoch = rates(optimizer, LambdaLR(optimizer, factor), epochs=10)
    assert per_epoch == pytest.approx(lrs[:10]) and per_epoch[3] < 0.1 and per_epoch[9] > 0.09
    optimizer = an_optimizer()
    without = LambdaLR(optimizer, lambda step: min(1, step / 5))
    assert rates(optimizer, without, epochs=2) == pytest.approx([0, 0.02])


@pytest.mark.claim(
    "training/optimizers#warmup-cosine",
    "To resume, build the optimizer and the scheduler first, then load the state of both",
)
def test_warmup_cosine_resume(run):
    names = run("training/optimizers/warmup_cosine_resume.py")
    assert len(names["before"]) == 40 and len(names["after"]) == 60
    assert names["before"] + names["after"] == names["whole"]


def cosine(steps):
    return lambda step: 0.5 * (1 + math.cos(math.pi * min(1, step / steps)))


@pytest.mark.claim(
    "training/optimizers#warmup-cosine",
    "multiplies the initial learning rate of each parameter group by the factor: groups keep "
    "their ratio",
    "Its state_dict() does not hold the function. Resumed with another epochs, it goes on along "
    "the new curve, and the learning rate jumps",
    "SequentialLR with CosineAnnealingLR keeps the old T_max",
)
def test_warmup_cosine_resume_with_more_epochs():
    p, q = (nn.Parameter(torch.zeros(1)) for _ in range(2))
    optimizer = SGD([{"params": [p]}, {"params": [q], "lr": 0.01}], lr=0.1)
    scheduler = LambdaLR(optimizer, cosine(100))
    for _ in range(3):
        optimizer.step()
        scheduler.step()
        small, large = (group["lr"] for group in optimizer.param_groups[::-1])
        assert large == pytest.approx(10 * small) and large < 0.1

    def sequential(optimizer, steps):
        parts = [LinearLR(optimizer, 0.1, total_iters=5), CosineAnnealingLR(optimizer, steps - 5)]
        return SequentialLR(optimizer, parts, milestones=[5])

    def resumed(make):
        old = an_optimizer()
        first = make(old, 100)
        before = rates(old, first, epochs=50)
        assert "lr_lambdas" not in first.state_dict() or first.state_dict()["lr_lambdas"] == [None]
        new = an_optimizer()
        second = make(new, 200)
        new.load_state_dict(old.state_dict())
        second.load_state_dict(first.state_dict())
        return before, rates(new, second, epochs=10)

    alone = an_optimizer()
    longer = rates(alone, LambdaLR(alone, cosine(200)), epochs=60)
    before, after = resumed(lambda optimizer, steps: LambdaLR(optimizer, cosine(steps)))
    assert after[1:] == pytest.approx(longer[51:]) and after[1] > 1.5 * before[-1]
    alone = an_optimizer()
    whole = rates(alone, sequential(alone, 100), epochs=60)
    before, after = resumed(sequential)
    assert before + after == pytest.approx(whole)


@pytest.mark.claim(
    "training/optimizers#warmup-cosine",
    "A scheduler created after loading the optimizer sets the learning rate to that of step "
    "0, and loading its state does not change this: one update is made with the wrong rate",
    "raises KeyError: \"param 'initial_lr' is not specified in param_groups[0]",
)
def test_warmup_cosine_resume_in_the_wrong_order():
    def factor(step):
        return min(1, (step + 1) / 10)

    old = an_optimizer()
    first = LambdaLR(old, factor)
    rates(old, first, epochs=20)
    new = an_optimizer()
    new.load_state_dict(old.state_dict())
    second = LambdaLR(new, factor)
    second.load_state_dict(first.state_dict())
    assert rates(new, second, epochs=3) == pytest.approx([0.01, 0.1, 0.1])
    with pytest.raises(KeyError, match="param 'initial_lr' is not specified in param_groups"):
        LambdaLR(an_optimizer(), factor, last_epoch=20)


@pytest.mark.claim(
    "training/optimizers#ema",
    "update it after each optimizer.step(), and evaluate and ship the average",
    "To resume, keep the files in a fixed folder, and load ema.state_dict()",
)
def test_ema(run, monkeypatch):
    weights, update = [], AveragedModel.update_parameters

    def spy(self, model):
        weights.append(model.weight.detach().clone())
        return update(self, model)

    monkeypatch.setattr(AveragedModel, "update_parameters", spy)
    names = run("training/optimizers/ema.py")
    ema, folder = names["ema"], names["folder"]
    assert len(weights) == 20 == ema.n_averaged and not ema.training and not ema.module.training
    expected = weights[0]
    for weight in weights[1:]:
        expected = 0.999 * expected + 0.001 * weight
    torch.testing.assert_close(ema.module.weight.detach(), expected)
    assert not torch.equal(ema.module.weight, names["model"].weight)
    fresh = nn.Linear(4, 3)
    fresh.load_state_dict(torch.load(folder / "ema.pt", map_location="cpu"))
    assert torch.equal(fresh.weight, ema.module.weight.cpu())
    again = AveragedModel(nn.Linear(4, 3), multi_avg_fn=get_ema_multi_avg_fn(0.999))
    again.load_state_dict(torch.load(folder / "ema_last.pt", map_location="cpu"))
    for averaged in (again, ema.cpu()):
        averaged.update_parameters(fresh)
    assert torch.equal(again.module.weight, ema.module.weight) and again.n_averaged == 21


@pytest.mark.claim(
    "training/optimizers#ema",
    "It does not influence the training",
    "With the weights alone, n_averaged is 0, and the first update_parameters() overwrites the "
    "average with the model",
    "the average is a module of its own, and the modes of the model do not reach it",
    "Without multi_avg_fn or avg_fn, it is the plain mean of the weights after each update (SWA)",
)
def test_ema_state():
    model = nn.Linear(2, 1)
    before = copy.deepcopy(model.state_dict())
    ema, plain = (
        AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999)),
        AveragedModel(model),
    )
    ema.module.load_state_dict({"weight": torch.full((1, 2), 7.0), "bias": torch.ones(1)})
    ema.update_parameters(model)
    assert torch.equal(ema.module.weight, model.weight)
    assert all(torch.equal(p, before[name]) for name, p in model.state_dict().items())
    model.eval()
    ema.update_parameters(model)
    assert ema.training and ema.module.training
    for value in (1.0, 2.0, 6.0):
        nn.init.constant_(model.weight, value)
        plain.update_parameters(model)
    torch.testing.assert_close(plain.module.weight.detach(), torch.full((1, 2), 3.0))


@pytest.mark.claim(
    "training/optimizers#ema",
    "A decay of 0.999 averages over about 1000 updates. In a short training, the first weights "
    "then weigh too much; let the decay grow",
)
def test_ema_warmup(run):
    names = run("training/optimizers/ema_warmup.py")
    fixed, growing = names["fixed"].module.weight.item(), names["ema"].module.weight.item()
    assert fixed == pytest.approx(1 - 0.999**100, rel=1e-3) and 0.99 < growing <= 1
    # the mean age of the weights in the average
    assert sum(age * 0.001 * 0.999**age for age in range(20_000)) == pytest.approx(999, rel=1e-3)
    n = torch.tensor(10**6)
    step = names["growing"](torch.zeros(()), torch.ones(()), n)
    assert step.item() == pytest.approx(0.001, rel=1e-3)


@pytest.mark.claim(
    "training/optimizers#ema",
    "By default, buffers are copies of the model's. BatchNorm then normalizes with the statistics "
    "of the model, not of the average: recompute them with update_bn(loader, ema, device=device) after training",
    "use_buffers=True averages the buffers too, also integers: with a decay of 0.999, "
    "num_batches_tracked stops at its first value",
)
def test_ema_buffers():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, momentum=0.5))
    average = get_ema_multi_avg_fn(0.999)
    copied = AveragedModel(model, multi_avg_fn=average)
    averaged = AveragedModel(model, multi_avg_fn=average, use_buffers=True)
    x = torch.randn(32, 2) + 3
    for step in range(4):
        model(x)
        if step == 1:
            nn.init.constant_(model[0].weight, 5.0)
        copied.update_parameters(model)
        averaged.update_parameters(model)
    norm = model[1]
    assert torch.equal(copied.module[1].running_mean, norm.running_mean)
    assert copied.module[1].num_batches_tracked == norm.num_batches_tracked == 4
    assert averaged.module[1].num_batches_tracked == 1
    assert not torch.allclose(averaged.module[1].running_mean, norm.running_mean)
    update_bn([x[:16], x[16:]], copied)
    mean = copied.module[0](x).mean(0)
    torch.testing.assert_close(copied.module[1].running_mean, mean.detach())


@pytest.mark.claim(
    "training/optimizers#ema",
    "In bfloat16, a change of 0.001 times the distance is often rounded away, and the average "
    "stands still",
)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_ema_precision(dtype):
    model = nn.Linear(1, 1, bias=False, dtype=dtype)
    nn.init.ones_(model.weight)
    ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.999))
    ema.update_parameters(model)
    nn.init.constant_(model.weight, 1.5)
    for _ in range(300):
        ema.update_parameters(model)
    assert (ema.module.weight.item() == 1) == (dtype is torch.bfloat16)
