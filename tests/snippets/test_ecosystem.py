import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim

from cheatsheet.snippet import LANGUAGES, ROOT

SEED = ["torch-optimizer", "fastai", "numba", "swifter", "captum", "cupy", "modin"]


def test_extension_packages(run, monkeypatch):
    trained = {}
    for kind in (optim.RAdam, optim.NAdam, optim.Adafactor, optim.Muon):

        def step(self, *args, _real=kind.step, _kind=kind, **kwargs):
            parameter = self.param_groups[0]["params"][0]
            before = parameter.detach().clone()
            assert parameter.grad is not None
            _real(self, *args, **kwargs)
            trained[_kind] = trained.get(_kind, 0) + (not torch.equal(before, parameter))

        monkeypatch.setattr(kind, "step", step)
    names = run("ecosystem/extension_packages.py")
    assert trained == dict.fromkeys((optim.RAdam, optim.NAdam, optim.Adafactor, optim.Muon), 100)
    assert names["kind"] is optim.Muon and len(names["losses"]) == 100
    assert not any(loss.requires_grad for loss in names["losses"])
    # the gradient of the last loss alone
    model, x, y = names["model"], names["x"], names["y"]
    assert F.mse_loss(model(x), y) < 0.1 * names["losses"][0]


def test_extension_packages_zeroes_gradients(run, monkeypatch):
    calls = []
    real = optim.Muon.zero_grad
    monkeypatch.setattr(optim.Muon, "zero_grad", lambda self: (calls.append(1), real(self)))
    run("ecosystem/extension_packages.py")
    assert len(calls) == 100


def test_extension_packages_muon_takes_matrices():
    # "raises ValueError for a 1-D parameter"
    with pytest.raises(ValueError, match="2D"):
        optim.Muon(nn.Linear(2, 2).parameters())
    optim.AdamW([nn.Linear(2, 2).bias])


def test_extension_packages_vectorize(run):
    names = run("ecosystem/extension_packages_vectorize.py")
    column = names["column"]
    assert column.shape == (100_000,)
    expected = np.maximum(column, 0) ** 2
    np.testing.assert_array_equal(names["vectorized"](), expected)
    np.testing.assert_array_equal(names["one_by_one"](), expected)
    assert names["slow"] > 5 * names["fast"]  # "more than 5 times as fast"


def table(language):
    text = (ROOT / "docs" / language / "ecosystem.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return {
        re.sub(r"\[(.*)\]\(.*\)", r"\1", cells[0].strip()): [c.strip() for c in cells[1:]]
        for cells in rows[2:]
    }


def test_extension_packages_table():
    tables = [table(language) for language in LANGUAGES]
    for rows in tables:
        assert list(rows) == [*SEED[:2], "torchmetrics", *SEED[2:]]
        assert all(len(cells) == 4 and all(cells) for cells in rows.values())
    releases = [
        {name: re.split("[，,] ?", cells[1]) for name, cells in rows.items()} for rows in tables
    ]
    assert releases[0] == releases[1]
    for version, month in releases[0].values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version) and re.fullmatch(r"20\d\d-\d\d", month)
        assert month <= "2026-11"
