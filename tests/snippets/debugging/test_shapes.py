import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cheatsheet.snippet import SNIPPETS


def test_shape_asserts(run):
    names = run("debugging/shapes/shape_asserts.py")
    expect, net = names["expect"], names["net"]
    x = torch.rand(2, 3)
    assert expect(x, 2, 3) is x and expect(x, None, 3) is x and expect(x, None, None) is x
    for wrong in ((3, 2), (2,), (2, 3, 1), (None, 2), (2, 0)):
        with pytest.raises(ValueError, match=r"expected .* got \(2, 3\)"):
            expect(x, *wrong)
    assert net(torch.rand(4, 3, 8, 6)).shape == (4, 5)
    for shape in ((4, 8, 8, 3), (3, 8, 8), (4, 1, 8, 8)):
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


def test_shape_asserts_operators_do_not_check():
    # "takes (3, 32, 32) for one image without a batch dimension and does not complain"
    assert nn.Conv2d(3, 8, 3, padding=1)(torch.rand(3, 32, 32)).shape == (8, 32, 32)
    # "raises ValueError unless there are 4 dimensions"
    for dims in (3, 5):
        with pytest.raises(ValueError, match="to unpack"):
            _n, _c, _h, _w = torch.rand([2] * dims).shape


def test_shape_asserts_survive_optimization():
    def output(*args):
        done = subprocess.run([sys.executable, *args], capture_output=True, text=True)
        return done.returncode, done.stdout

    snippet = str(SNIPPETS / "debugging/shapes/shape_asserts.py")
    plain, optimized = output(snippet), output("-O", snippet)
    assert plain == optimized and plain[1].count("expected") == 2
    # "`python -O` removes every `assert`"
    assert output("-c", "assert (1, 2) == (2, 1)")[0] == 1
    assert output("-O", "-c", "assert (1, 2) == (2, 1)")[0] == 0


def test_one_dimensional(run):
    names = run("debugging/shapes/one_dimensional.py")
    pred, target = names["pred"], names["target"]
    assert pred.shape == (3, 1) and target.shape == (3,)
    assert torch.equal(pred.flatten(), target)  # all right …
    assert torch.equal(names["error"], pred - target[None, :])
    assert names["error"].shape == (3, 3) and names["error"].square().mean() > 1  # … and not 0
    assert names["loss"] == 0
    assert torch.equal(names["wrong"], names["x"] - names["x"].mean(dim=1)[None, :])
    assert not torch.equal(names["wrong"].mean(dim=1), torch.zeros(2))
    assert torch.equal(names["right"].mean(dim=1), torch.zeros(2))
    assert names["one"].shape == (1, 1)
    x, v = names["x"], names["v"]
    assert torch.equal(x @ v, (x @ v[:, None])[:, 0])  # v is a column here …
    assert torch.equal(v @ x, (v[None, :] @ x)[0])  # … and a row there


def test_one_dimensional_what_the_losses_say():
    pred, target = torch.rand(3, 1), torch.rand(3)
    with pytest.warns(UserWarning, match="Using a target size"):
        loss = F.mse_loss(pred, target)
    torch.testing.assert_close(loss, (pred - target).square().mean())
    with pytest.raises(ValueError, match="must be the same as input size"):
        F.binary_cross_entropy_with_logits(pred, target)
    # "Class labels for F.cross_entropy are 1-D, and (N, 1) raises"
    labels = torch.tensor([0, 1, 1])
    assert F.cross_entropy(torch.rand(3, 2), labels).dim() == 0
    with pytest.raises(RuntimeError, match="target"):
        F.cross_entropy(torch.rand(3, 2), labels[:, None])


def test_one_dimensional_transpose():
    v = torch.tensor([1.0, 2.0])
    with pytest.warns(UserWarning, match="deprecated"):
        assert torch.equal(v.T, v)
    assert v[:, None].shape == (2, 1)
