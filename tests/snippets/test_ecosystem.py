import re
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim

from cheatsheet.snippet import LANGUAGES
from harness import ROOT

NOW = (
    "einops timm transformers peft accelerate lightning torchmetrics safetensors torchao captum "
    "wandb mlflow comet_ml"
).split()
OLDER = ["torch-optimizer", "fastai", "numba", "swifter", "modin", "cupy"]


@pytest.mark.claim(
    "ecosystem#extension-packages",
    "RAdam, NAdam, Adafactor, and Muon are in torch.optim. Muon takes matrices only, and AdamW "
    "takes the rest",
)
def test_extension_packages(run):
    names = run("ecosystem/extension_packages.py")
    model, muon, adamw = names["model"], names["muon"], names["adamw"]
    assert type(muon) is optim.Muon and type(adamw) is optim.AdamW
    groups = [p for o in (muon, adamw) for g in o.param_groups for p in g["params"]]
    assert {id(p) for p in groups} == {id(p) for p in model.parameters()}
    assert len(groups) == 4
    # both took a step, and their gradients are gone
    assert all(len(o.state) == 2 for o in (muon, adamw))
    assert all(p.grad is None for p in model.parameters())
    for name in ("RAdam", "NAdam", "Adafactor"):
        getattr(optim, name)(model.parameters())


def test_extension_packages_trains(run):
    names = run("ecosystem/extension_packages.py")
    model, x, y, loss = (names[k] for k in ("model", "x", "y", "loss"))
    for _ in range(30):
        F.cross_entropy(model(x), y).backward()
        for optimizer in (names["muon"], names["adamw"]):
            optimizer.step()
            optimizer.zero_grad()
    assert F.cross_entropy(model(x), y) < loss


@pytest.mark.claim(
    "ecosystem#extension-packages",
    "A parameter that is not 2-D raises ValueError: Muon only supports 2D parameters: give "
    "biases and the weights of convolutions to AdamW",
)
@pytest.mark.parametrize("layer", [nn.Linear(2, 2), nn.Conv2d(3, 4, 3, bias=False)], ids=repr)
def test_extension_packages_muon_takes_matrices(layer):
    with pytest.raises(ValueError, match="Muon only supports 2D parameters"):
        optim.Muon(layer.parameters())
    optim.AdamW(layer.parameters())


@pytest.mark.claim(
    "ecosystem#extension-packages",
    'With "match_rms_adamw", Muon can take over the learning rate of AdamW. The default '
    "weight_decay differs: 0.1 in Muon, 0.01 in AdamW",
)
def test_extension_packages_defaults():
    weights = [nn.Parameter(torch.ones(2, 2))]
    assert optim.Muon(weights).defaults["weight_decay"] == 0.1
    assert optim.AdamW(weights).defaults["weight_decay"] == 0.01
    # a step of Muon is then about as large as one of AdamW: within its factor 0.2, not 100
    sizes = {}
    for kind, options in (
        (optim.Muon, {"adjust_lr_fn": "match_rms_adamw"}),
        (optim.AdamW, {}),
    ):
        weight = nn.Parameter(torch.zeros(64, 32))
        optimizer = kind([weight], lr=1e-3, weight_decay=0, **options)
        weight.grad = torch.randn(64, 32)
        optimizer.step()
        sizes[kind] = weight.detach().pow(2).mean().sqrt()
    assert 0.1 < sizes[optim.Muon] / sizes[optim.AdamW] < 1


@pytest.mark.claim(
    "ecosystem#extension-packages",
    "Instead of speeding up apply, do without it and compute whole columns",
    "np.where computes both sides for each row; the condition only chooses between them",
)
def test_extension_packages_vectorize(run):
    table = run("ecosystem/extension_packages_vectorize.py")["table"]
    rows = table.apply(lambda r: r["price"] * r["units"] if r["price"] > 0 else 0.0, axis=1)
    pd.testing.assert_series_equal(table["total"], rows, check_names=False)
    with pytest.warns(RuntimeWarning, match="invalid value"):
        np.where(table["price"].to_numpy() > 0, np.sqrt(table["price"].to_numpy()), 0.0)


def tables(language):
    """Return the cells of each table below its package's name."""
    text = (ROOT / "docs" / language / "ecosystem.md").read_text(encoding="utf-8")
    for lines in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [line.strip().strip("|").split(" | ") for line in lines.splitlines()[2:]]
        yield {
            re.sub(r"\[(.*)\]\(.*\)", r"\1", cells[0].strip()): [c.strip() for c in cells[1:]]
            for cells in rows
        }


def test_extension_packages_tables():
    releases = []
    for language in LANGUAGES:
        now, older = tables(language)
        assert (list(now), list(older)) == (NOW, OLDER)
        rows = now | older
        assert all(len(cells) == 4 and all(cells) for cells in rows.values())
        releases.append({name: re.split("[，,] ?", cells[1]) for name, cells in rows.items()})
    assert releases[0] == releases[1]
    for release, month in releases[0].values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", release) and re.fullmatch(r"20\d\d-\d\d", month)
        assert month <= "2026-11"
    # what is installed here is what the table names
    assert releases[0]["wandb"][0] == version("wandb")


@pytest.mark.claim(
    "ecosystem#extension-packages",
    "with Python 3.11, torch 2.14.1, NumPy 2.4.6, and pandas 3.1.1",
)
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the tables are of Python 3.11")
def test_extension_packages_were_tried_on_what_is_pinned():
    assert torch.__version__.partition("+")[0] == "2.14.1"
    assert (np.__version__, pd.__version__) == ("2.4.6", "3.1.1")
