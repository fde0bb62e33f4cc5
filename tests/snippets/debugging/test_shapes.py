import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from harness import SNIPPETS, execute

READER = {"one_dimensional": "model, targets = nn.Linear(4, 1), torch.randn(8)"}


@pytest.mark.claim(
    "debugging/shapes#shape-asserts",
    "A mistake then fails on the spot and says what was expected and what came",
)
def test_shape_asserts(run):
    names = run("debugging/shapes/shape_asserts.py")
    expect, net = names["expect"], names["net"]
    x = torch.rand(2, 3)
    assert expect(x, 2, 3) is x and expect(x, None, 3) is x and expect(x, None, None) is x
    for wrong in ((3, 2), (2,), (2, 3, 1), (None, 2), (2, 0)):
        with pytest.raises(ValueError, match=r"expected .* got \(2, 3\)"):
            expect(x, *wrong)
    assert net(torch.rand(4, 3, 8, 6)).shape == (4, 5)
    assert expect(torch.ones(())).ndim == 0 and expect(torch.ones(0, 3), 0, None).shape == (0, 3)
    for shape in ((4, 8, 8, 3), (3, 8, 8), (4, 1, 8, 8), (4, 3, 8, 8, 1)):
        with pytest.raises(ValueError, match="expected"):
            net(torch.rand(shape))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"conv": nn.Conv2d(3, 8, 3)}, r"expected \(4, 8, 32, 32\), got \(4, 8, 30, 30\)"),
        ({"head": nn.Linear(8, 6)}, r"expected \(4, 5\), got \(4, 6\)"),
    ],
)
def test_shape_asserts_inside_and_at_the_end(run, broken, message):
    net = run("debugging/shapes/shape_asserts.py")["net"]
    for name, layer in broken.items():
        setattr(net, name, layer)
    with pytest.raises(ValueError, match=message):
        net(torch.rand(4, 3, 32, 32))


@pytest.mark.claim(
    "debugging/shapes#shape-asserts",
    "nn.Conv2d takes (3, 32, 32) for one image without a batch dimension, "
    "and nn.Linear looks at the last dimension alone. Neither complains",
    "it raises ValueError unless there are 4 dimensions",
)
def test_shape_asserts_layers_do_not_check():
    assert nn.Conv2d(3, 8, 3, padding=1)(torch.rand(3, 32, 32)).shape == (8, 32, 32)
    for shape in ((), (7,), (7, 5), (2, 3, 5), (0,)):
        assert nn.Linear(4, 2)(torch.rand(*shape, 4)).shape == (*shape, 2)
    for dims in (0, 3, 5):
        with pytest.raises(ValueError, match="to unpack"):
            _n, _c, _h, _w = torch.rand([2] * dims).shape


@pytest.mark.claim(
    "debugging/shapes#shape-asserts",
    "python -O removes assert statements, and the check is silently gone",
)
def test_shape_asserts_survive_optimization():
    def output(*args):
        done = subprocess.run([sys.executable, *args], capture_output=True, text=True)
        return done.returncode, done.stdout

    name = "debugging/shapes/shape_asserts.py"
    assert output("-O", str(SNIPPETS / name)) == (0, execute(SNIPPETS / name).stdout)
    assert output("-c", "assert (1, 2) == (2, 1)")[0] == 1
    assert output("-O", "-c", "assert (1, 2) == (2, 1)")[0] == 0


def test_one_dimensional(run):
    names = run("debugging/shapes/one_dimensional.py")
    model, inputs, outputs = names["model"], names["inputs"], names["outputs"]
    assert model(inputs).shape == (8, 1) and outputs.shape == names["targets"].shape == (8,)
    assert torch.equal(names["loss"], (outputs - names["targets"]).square().mean())
    names["loss"].backward()
    assert model.weight.grad is not None


@pytest.mark.claim(
    "debugging/shapes#one-dimensional",
    "their difference broadcasts to (N, N): nothing raises, "
    "and every prediction is compared with every target",
)
def test_one_dimensional_broadcast(run):
    names = run("debugging/shapes/one_dimensional_broadcast.py")
    pred, target = names["pred"], names["target"]
    assert pred.shape == (3, 1) and target.shape == (3,)
    assert torch.equal(pred.flatten(), target)  # "every prediction is right" …
    pairs = [[p - t for t in target.tolist()] for p in pred.flatten().tolist()]
    assert names["error"].tolist() == pairs
    assert names["error"].square().mean() > 1  # … "and yet not 0"
    assert torch.equal(names["wrong"], names["x"] - names["x"].mean(dim=1)[None, :])
    assert names["wrong"].mean(dim=1).all()  # the rows are not centered
    assert torch.equal(names["right"].mean(dim=1), torch.zeros(2))


@pytest.mark.claim(
    "debugging/shapes#one-dimensional",
    "in a batch of one sample, the latter drops the batch dimension too",
    "A reduction drops its dimension by default",
)
def test_one_dimensional_squeeze_and_keepdim():
    one = torch.rand(1, 1)
    assert one.squeeze().shape == () and one.squeeze(1).shape == (1,)
    assert torch.rand(4, 3).squeeze(1).shape == (4, 3)
    x = torch.rand(2, 3)
    for reduced in (x.mean(dim=1), x.sum(dim=1), x.amax(dim=1), x.norm(dim=1)):
        assert reduced.shape == (2,)
    with pytest.raises(RuntimeError, match="must match the size"):
        x - x.mean(dim=1)
    assert (x - x.mean(dim=1, keepdim=True)).shape == (2, 3)


@pytest.mark.claim(
    "debugging/shapes#one-dimensional",
    "F.mse_loss gives only the warning Using a target size, "
    "F.binary_cross_entropy_with_logits raises ValueError, and a formula of your own gives no sign",
)
def test_one_dimensional_what_the_losses_say():
    for n in (3, 1):
        pred, target = torch.rand(n, 1), torch.rand(n)
        with pytest.warns(UserWarning, match="Using a target size"):
            loss = F.mse_loss(pred, target)
        torch.testing.assert_close(loss, (pred - target).square().mean())
        with pytest.raises(ValueError, match="must be the same as input size"):
            F.binary_cross_entropy_with_logits(pred, target)


@pytest.mark.claim(
    "debugging/shapes#one-dimensional",
    "with logits of (N, C), class labels are (N,), and int64 labels of (N, 1) raise an error",
)
@pytest.mark.parametrize("classes", [1, 2, 5])
def test_one_dimensional_class_labels(classes):
    logits, labels = torch.rand(3, classes), torch.zeros(3, dtype=torch.int64)
    assert F.cross_entropy(logits, labels).dim() == 0
    with pytest.raises(RuntimeError, match="target"):
        F.cross_entropy(logits, labels[:, None])


@pytest.mark.claim(
    "debugging/shapes#one-dimensional",
    "x @ v takes v for a column, v @ x takes it for a row, and either result is one-dimensional",
    "v.T is deprecated and transposes nothing; for a column, write v[:, None]",
)
def test_one_dimensional_is_neither_row_nor_column():
    x, v = torch.tensor([[1.0, 2.0], [3.0, 6.0]]), torch.tensor([1.0, 2.0])
    assert torch.equal(x @ v, (x @ v[:, None])[:, 0])
    assert torch.equal(v @ x, (v[None, :] @ x)[0])
    assert (x @ v).ndim == (v @ x).ndim == 1
    with pytest.warns(UserWarning, match="deprecated"):
        assert torch.equal(v.T, v)
    assert v[:, None].shape == (2, 1)
