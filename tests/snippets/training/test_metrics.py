import pytest
import torch
from torch.utils.data import DistributedSampler
from torchmetrics.classification import (
    BinaryAUROC,
    BinaryF1Score,
    MulticlassAccuracy,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
    MulticlassPrecision,
    MulticlassRecall,
    MultilabelF1Score,
)

from harness import in_child

READER = {"metrics": "size, pred = (3, 3), model(x).argmax(1)"}


def by_hand(y, pred, num_classes):
    confusion = torch.zeros(num_classes, num_classes, dtype=torch.long)
    confusion.index_put_((y, pred), torch.ones_like(y), accumulate=True)
    tp, true, predicted = confusion.diag(), confusion.sum(1), confusion.sum(0)
    return {
        "confusion": confusion,
        "precision": tp / predicted.clamp(min=1),
        "recall": tp / true.clamp(min=1),
        "f1": 2 * tp / (true + predicted),
        "accuracy": tp.sum() / confusion.sum(),
    }


@pytest.mark.claim(
    "training/metrics#metrics",
    "Count a confusion matrix on the device, batch by batch, and compute the metrics from it",
)
def test_metrics(run):
    names = run("training/metrics/metrics.py")
    x, y = names["dataset"].tensors
    pred, expected = x.argmax(1), by_hand(y, x.argmax(1), 3)
    for name in ("confusion", "precision", "recall", "f1", "accuracy"):
        assert torch.equal(names[name].cpu(), expected[name]), name
    for true in range(3):
        for guess in range(3):
            count = ((y == true) & (pred == guess)).sum()
            assert names["confusion"][true, guess] == count
    assert names["accuracy"] == (pred == y).float().mean()
    torch.testing.assert_close(names["macro_f1"].cpu(), MulticlassF1Score(3)(pred, y))


@pytest.mark.claim(
    "training/metrics#metrics",
    "A class without labels and predictions has no F1. nanmean() leaves it out, as torchmetrics",
    "mean() would be NaN",
)
@pytest.mark.parametrize("classes", [(0, 5), (0, 3), (2, 5), (1, 2)])
def test_metrics_agree_with_torchmetrics(classes):
    for _ in range(3):
        y, pred = torch.randint(*classes, (2, 40))
        got = by_hand(y, pred, 5)
        assert torch.equal(got["confusion"], MulticlassConfusionMatrix(5)(pred, y))
        for name, metric in (("precision", MulticlassPrecision), ("recall", MulticlassRecall)):
            torch.testing.assert_close(got[name], metric(5, average="none")(pred, y))
        f1 = MulticlassF1Score(5, average="none")(pred, y)
        torch.testing.assert_close(got["f1"].nan_to_num(), f1)
        macro = MulticlassF1Score(5, average="macro")(pred, y)
        torch.testing.assert_close(got["f1"].nanmean(), macro)
        assert got["f1"].mean().isnan() == (len({*y.tolist(), *pred.tolist()}) < 5)
        micro = MulticlassAccuracy(5, average="micro")(pred, y)
        torch.testing.assert_close(got["accuracy"], micro)


@pytest.mark.claim(
    "training/metrics#metrics",
    "call update per batch, compute once per epoch, and reset before the next",
)
def test_metrics_torchmetrics(run):
    names = run("training/metrics/metrics_torchmetrics.py")
    x, y = names["dataset"].tensors
    expected = by_hand(y, x.argmax(1), 3)
    assert torch.equal(names["result"]["confusion"], expected["confusion"])
    assert names["result"]["accuracy"] == expected["accuracy"]
    torch.testing.assert_close(names["result"]["f1"].cpu(), expected["f1"].nanmean())
    metrics = names["metrics"]
    metrics.update(x, y)  # without reset, the last epoch still counts
    assert metrics.compute()["confusion"].sum() == 2 * len(y)
    metrics.reset()
    metrics.update(x, y)
    assert metrics.compute()["confusion"].sum() == len(y)


@pytest.mark.claim(
    "training/metrics#metrics",
    "The macro average gives each class the same weight",
    'With one label per sample, precision, recall, and F1 with "micro" all equal the accuracy',
    'take "macro" by default, MulticlassAccuracy too: that is the mean recall',
    "F1 of an epoch is not the mean of the F1 of its batches",
)
def test_metrics_averages(run):
    names = run("training/metrics/metrics_averages.py")
    assert names["f1"].item() == pytest.approx((2 * 90 / 190 + 0) / 2)
    y, pred = torch.randint(4, (2, 50))
    accuracy = (y == pred).float().mean()
    for metric in (MulticlassPrecision, MulticlassRecall, MulticlassF1Score):
        torch.testing.assert_close(metric(4, average="micro")(pred, y), accuracy)
        assert metric(4).average == "macro"
    torch.testing.assert_close(MulticlassAccuracy(4)(pred, y), by_hand(y, pred, 4)["recall"].mean())
    y, pred = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 1, 1])
    f1 = MulticlassF1Score(2)
    batches = [f1(pred[:2], y[:2]), f1(pred[2:], y[2:])]
    assert sum(batches) / 2 != f1.compute() == MulticlassF1Score(2)(pred, y)


@pytest.mark.claim(
    "training/metrics#metrics",
    "it lands in the last row, without an error",
    "Drop ignored labels with keep = y >= 0 first, or pass ignore_index to torchmetrics",
)
def test_metrics_ignored_labels():
    y, pred = torch.tensor([-1, 0, 1]), torch.tensor([0, 0, 2])
    assert by_hand(y, pred, 3)["confusion"][2].tolist() == [1, 0, 0]
    keep = y >= 0
    confusion = MulticlassConfusionMatrix(3, ignore_index=-1)(pred, y)
    assert torch.equal(by_hand(y[keep], pred[keep], 3)["confusion"], confusion)


@pytest.mark.claim(
    "training/metrics#metrics",
    "take values outside 0 … 1 for logits and apply a sigmoid",
    "A batch of logits that all lie between 0 and 1 is then misread: pass logits.sigmoid()",
)
@pytest.mark.parametrize("columns", [1, 2], ids=["binary", "multi-label"])
def test_metrics_of_logits(columns):
    y = torch.tensor([1, 0, 1])

    def f1(logits):
        if columns == 1:
            return BinaryF1Score()(logits, y).item()
        return MultilabelF1Score(2)(torch.stack([logits] * 2, 1), torch.stack([y] * 2, 1)).item()

    assert f1(torch.tensor([2.0, -1.0, 0.3])) == 1
    inside = torch.tensor([0.2, 0.1, 0.3])
    assert f1(inside) == 0 and f1(inside.sigmoid()) == pytest.approx(0.8)


@pytest.mark.claim(
    "training/metrics#metrics",
    "metric(pred, y) accumulates as well, but also computes the value of the batch",
    "torchmetrics keeps them until reset(). thresholds=200 keeps counts instead, and gives an "
    "approximation",
)
def test_metrics_states():
    metric = MulticlassAccuracy(2, average="micro")
    assert metric(torch.tensor([0, 1]), torch.tensor([0, 0])) == 0.5
    assert metric(torch.tensor([0, 1]), torch.tensor([0, 1])) == 1
    assert metric.compute() == 0.75
    scores, y = torch.rand(1000), torch.randint(2, (1000,))
    exact, binned = BinaryAUROC(), BinaryAUROC(thresholds=200)
    for part in range(10):
        for m in (exact, binned):
            m.update(scores[part::10], y[part::10])
    assert sum(len(p) for p in exact.preds) == 1000 and binned.confmat.shape == (200, 2, 2)
    assert binned.compute() != exact.compute()
    assert binned.compute().item() == pytest.approx(exact.compute().item(), abs=0.02)


@pytest.mark.claim(
    "training/metrics#metrics",
    "add up confusion with dist.all_reduce",
    "If the samples do not divide evenly, a DistributedSampler repeats some by default",
)
def test_metrics_ddp():
    def reduced():
        store = torch.distributed.HashStore()
        torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
        confusion = by_hand(torch.tensor([0, 1]), torch.tensor([0, 0]), 2)["confusion"]
        torch.distributed.all_reduce(confusion)
        torch.distributed.destroy_process_group()
        return confusion.tolist()

    assert in_child(reduced) == [[1, 0], [1, 0]]
    shares = [
        list(DistributedSampler(range(5), num_replicas=2, rank=rank, shuffle=False))
        for rank in range(2)
    ]
    assert sorted(shares[0] + shares[1]) == [0, 0, 1, 2, 3, 4]
