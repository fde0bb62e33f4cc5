import inspect
import math

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)


def an_optimizer(lr=0.1):
    return SGD(nn.Linear(2, 1).parameters(), lr=lr)


def rates(optimizer, scheduler, epochs):
    used = []
    for _ in range(epochs):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return used


def test_weight_decay(run):
    names = run("training/optimizers/weight_decay.py")
    optimizer, model = names["optimizer"], names["model"]
    assert type(optimizer) is AdamW
    decay, rest = optimizer.param_groups
    assert decay["weight_decay"] == 0.1 and rest["weight_decay"] == 0
    # every parameter in exactly one group, kernels and matrices in the first
    assert {id(p) for p in decay["params"]} == {id(model[0].weight), id(model[3].weight)}
    assert {id(p) for p in rest["params"]} == {
        id(p) for p in (model[0].bias, model[1].weight, model[1].bias, model[3].bias)
    }
    # "the optimizer keeps the names in `param_names`"
    assert decay["param_names"] + rest["param_names"] == [
        *("0.weight", "3.weight"),
        *("0.bias", "1.weight", "1.bias", "3.bias"),
    ]
    # only the first group shrinks when there is no gradient to follow
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    shrunk = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert shrunk == {"0.weight", "3.weight"}


def test_weight_decay_defaults():
    defaults = {c: inspect.signature(c).parameters["weight_decay"].default for c in (SGD, Adam)}
    assert defaults == {SGD: 0, Adam: 0}
    group = AdamW([{"params": [torch.zeros(1, requires_grad=True)]}]).param_groups[0]
    assert group["weight_decay"] == 0.01


def test_weight_decay_which_parameters():
    # "the weight of BatchNorm2d still decays" when only names in bias are excluded
    named = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)).named_parameters()
    assert "1.weight" in [name for name, _ in named if not name.endswith("bias")]
    named = nn.LSTM(2, 2).named_parameters()
    assert "bias_ih_l0" in [name for name, _ in named if not name.endswith("bias")]
    assert nn.Embedding(4, 2).weight.ndim == 2


def test_weight_decay_key_and_generator():
    model = nn.Linear(2, 2)
    with pytest.raises(KeyError, match=r"^'params'$"):
        SGD([{"parameters": list(model.parameters())}], lr=0.1)
    generator = (p for p in model.parameters())
    first, second = (SGD([{"params": generator}], lr=0.1) for _ in range(2))
    assert len(first.param_groups[0]["params"]) == 2
    assert second.param_groups[0]["params"] == []


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
    # "multiplies the weight by 1 - lr * weight_decay"
    torch.testing.assert_close(ends[AdamW], start * (1 - 0.1 * 0.1))
    torch.testing.assert_close(ends[SGD], start - 0.1 * 0.1 * start)
    # "both weights lose lr, whatever their size"
    torch.testing.assert_close(ends[Adam], start - 0.1)


@pytest.mark.parametrize(
    ("cls", "is_l2"), [(SGD, True), (Adam, True), (AdamW, False)], ids=lambda x: str(x)
)
def test_weight_decay_equals_l2_penalty(cls, is_l2):
    def trained(weight_decay, penalty):
        w = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
        optimizer = cls([w], lr=0.1, weight_decay=weight_decay)
        for _ in range(5):
            loss = (w - 2).square().sum() + penalty / 2 * w.square().sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return w.detach()

    assert torch.allclose(trained(0.3, 0.0), trained(0.0, 0.3)) == is_l2


def test_current_lr(run):
    names = run("training/optimizers/current_lr.py")
    assert names["optimizer"].param_groups[0]["params"] == list(names["backbone"].parameters())
    assert names["lrs"] == [0.01 * 0.25, 0.1 * 0.25]  # epoch 2, after two steps of 0.5
    # read before scheduler.step(): it has moved on
    assert [g["lr"] for g in names["optimizer"].param_groups] == [0.01 / 8, 0.1 / 8]
    assert names["scheduler"].get_last_lr() == [0.01 / 8, 0.1 / 8]


def test_current_lr_by_hand():
    w = torch.ones(1, requires_grad=True)
    optimizer = SGD([w], lr=0.1)
    optimizer.param_groups[0]["lr"] = 0.5
    w.grad = torch.ones(1)
    optimizer.step()
    assert w.item() == 0.5


def test_lr_schedules_multistep(run):
    names = run("training/optimizers/lr_schedules_multistep.py")
    expected = [0.1] * 50 + [0.01] * 20 + [0.001] * 10
    assert names["lrs"] == pytest.approx(expected)
    assert type(names["scheduler"]) is MultiStepLR and names["epoch"] == 79


def test_lr_schedules_cosine(run):
    names = run("training/optimizers/lr_schedules_cosine.py")
    assert names["lrs"] == pytest.approx(
        [0.001 + 0.099 * (1 + math.cos(math.pi * t / 5)) / 2 for t in range(6)]
    )
    # "past it, the learning rate rises again"
    optimizer, scheduler = names["optimizer"], names["scheduler"]
    assert rates(optimizer, scheduler, 6) == pytest.approx(names["lrs"][::-1])


def test_lr_schedules_plateau(run):
    names = run("training/optimizers/lr_schedules_plateau.py")
    assert type(names["scheduler"]) is ReduceLROnPlateau
    assert names["lrs"] == [0.1] * 5 + [0.05] * 2


def test_lr_schedules_plateau_trains_before_it_looks(run, monkeypatch):
    calls, step, look = [], SGD.step, ReduceLROnPlateau.step
    monkeypatch.setattr(SGD, "step", lambda self: calls.append("step") or step(self))
    monkeypatch.setattr(
        ReduceLROnPlateau, "step", lambda self, m: calls.append("look") or look(self, m)
    )
    names = run("training/optimizers/lr_schedules_plateau.py")
    assert calls == ["step", "look"] * len(names["lrs"])


def test_lr_schedules_plateau_mode():
    # the default "min" takes a rising accuracy for a loss that gets worse
    optimizer = an_optimizer()
    scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
    assert scheduler.mode == "min"
    for accuracy in (0.5, 0.6, 0.7, 0.8):
        optimizer.step()
        scheduler.step(accuracy)
    assert optimizer.param_groups[0]["lr"] == 0.05


def test_lr_schedules_warmup(run):
    names = run("training/optimizers/lr_schedules_warmup.py")
    assert names["lrs"] == pytest.approx([0.01 * k for k in range(1, 10)] + [0.1] * 3)


def test_lr_schedules_warmup_lambda():
    optimizer = an_optimizer()
    unbounded = rates(optimizer, LambdaLR(optimizer, lambda t: t / 10), 20)
    assert unbounded[0] == 0 and unbounded[19] == pytest.approx(0.19)
    optimizer = an_optimizer()
    capped = rates(optimizer, LambdaLR(optimizer, lambda t: min(1, (t + 1) / 10)), 20)
    assert capped == pytest.approx([0.01 * k for k in range(1, 11)] + [0.1] * 10)


def test_lr_schedules_verbose():
    with pytest.raises(TypeError, match="verbose"):
        ReduceLROnPlateau(an_optimizer(), mode="max", patience=5, verbose=True)


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


def test_chained_schedulers(run):
    names = run("training/optimizers/chained_schedulers.py")
    # epoch 5: both factors
    assert names["product"] == pytest.approx(0.1 * 0.9**5 * 0.1)
    lr = names["optimizer"].param_groups[0]["lr"]
    assert names["lr"] == lr == pytest.approx(0.1 * 0.9**6 * 0.1**2)
    # the scheduler that stepped first is a factor of 0.1 behind, the last one is right
    assert names["stale"] == pytest.approx(10 * lr)
    assert names["steep"].get_last_lr() == [lr]
    assert type(names["slow"]) is ExponentialLR and type(names["steep"]) is StepLR


def test_chained_schedulers_as_one():
    optimizer = an_optimizer()
    chained = ChainedScheduler([ExponentialLR(optimizer, 0.9), StepLR(optimizer, 3, 0.1)])
    expected = [0.1 * 0.9**e * 0.1 ** (e // 3) for e in range(6)]
    assert rates(optimizer, chained, 6) == pytest.approx(expected)
    assert len(chained.state_dict()["_schedulers"]) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda o: LambdaLR(o, lambda t: 1 / (t + 1)),
        lambda o: OneCycleLR(o, max_lr=0.1, total_steps=20),
        lambda o: CosineAnnealingWarmRestarts(o, 20),
    ],
    ids=["LambdaLR", "OneCycleLR", "CosineAnnealingWarmRestarts"],
)
def test_chained_schedulers_override(make):
    alone, both = an_optimizer(), an_optimizer()
    expected = rates(alone, make(alone), 5)
    earlier = ExponentialLR(both, gamma=0.5)
    later = make(both)
    used = []
    for _ in range(5):
        used.append(both.param_groups[0]["lr"])
        both.step()
        earlier.step()
        later.step()
    assert used == expected


def test_chained_schedulers_sequential(run):
    names = run("training/optimizers/chained_schedulers_sequential.py")
    lrs = names["lrs"]
    warmup = [0.1 * (0.1 + 0.9 * e / 10) for e in range(10)]
    cosine = [0.05 * (1 + math.cos(math.pi * e / 70)) for e in range(70)]
    assert lrs == pytest.approx(warmup + cosine)
    assert max(lrs) == lrs[10] == pytest.approx(0.1)
    assert lrs[:11] == sorted(lrs[:11]) and lrs[10:] == sorted(lrs[10:], reverse=True)


@pytest.mark.parametrize(
    "combine",
    [lambda o, s: SequentialLR(o, s, milestones=[3]), lambda o, s: ChainedScheduler(s)],
    ids=["SequentialLR", "ChainedScheduler"],
)
def test_chained_schedulers_reject_plateau(combine):
    optimizer = an_optimizer()
    with pytest.raises(ValueError, match="ReduceLROnPlateau"):
        combine(optimizer, [LinearLR(optimizer), ReduceLROnPlateau(optimizer)])


def test_chained_schedulers_cosine_multiplies():
    # CosineAnnealingLR is no exception: it multiplies
    optimizer, alone = an_optimizer(), an_optimizer()
    cosine = rates(alone, CosineAnnealingLR(alone, 20), 5)
    both = ChainedScheduler([ExponentialLR(optimizer, 0.5), CosineAnnealingLR(optimizer, 20)])
    expected = [lr * 0.5**e for e, lr in enumerate(cosine)]
    assert rates(optimizer, both, 5) == pytest.approx(expected)
