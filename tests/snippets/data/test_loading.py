import os
import subprocess
import sys
import tempfile
import warnings
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from cheatsheet.snippet import SNIPPETS


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the snippet's temporary folder is, and stays after it."""
    monkeypatch.setattr(tempfile, "TemporaryDirectory", lambda: nullcontext(str(tmp_path)))
    return tmp_path


def test_tabular_files(run, folder):
    names = run("data/loading/tabular_files.py")
    table = names["table"]
    assert len(table) == 10_000 and set(table.dtypes.astype(str)) == {
        *("float64", "str", "datetime64[us]")
    }
    files = {suffix: folder / f"table.{suffix}" for suffix in ("csv", "h5", "feather", "parquet")}
    # each format is really that format, and holds the table
    pd.testing.assert_frame_equal(pd.read_hdf(files["h5"]), table)
    pd.testing.assert_frame_equal(pd.read_feather(files["feather"]), table)
    pd.testing.assert_frame_equal(pd.read_parquet(files["parquet"]), table)
    # "A csv file stores no dtypes: `day` comes back as text"
    plain = pd.read_csv(files["csv"])
    assert list(plain) == list(table) and pd.api.types.is_string_dtype(plain["day"])
    assert pd.read_csv(files["csv"], parse_dates=["day"])["day"].equals(table["day"])
    # smaller, and faster to write and to read
    size, write, read = names["size"], names["write"], names["read"]
    assert size == {name: path.stat().st_size for name, path in files.items()}
    assert all(size[name] < 0.6 * size["csv"] for name in ("feather", "parquet"))
    assert all(write["csv"] > 2 * write[name] for name in ("feather", "parquet"))
    assert read["csv"] > read["feather"] > 0
    # "not always tens of times faster"
    assert read["csv"] < 10 * read["h5"]


def test_tabular_files_parquet_reads_faster(tmp_path):
    from timeit import repeat

    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(20_000, 20))).add_prefix("x")
    csv, parquet = tmp_path / "t.csv", tmp_path / "t.parquet"
    table.to_csv(csv, index=False)
    table.to_parquet(parquet)
    slow = min(repeat(lambda: pd.read_csv(csv), number=1, repeat=9))
    fast = min(repeat(lambda: pd.read_parquet(parquet), number=1, repeat=9))
    assert fast < slow


@pytest.mark.parametrize(
    ("module", "write"),
    [("pyarrow", "to_feather"), ("pyarrow", "to_parquet"), ("tables", "to_hdf")],
)
def test_tabular_files_missing_package(tmp_path, monkeypatch, module, write):
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    arguments = {"key": "df"} if write == "to_hdf" else {}
    with pytest.raises(ImportError, match=module):
        getattr(pd.DataFrame({"x": [1.0]}), write)(tmp_path / "file", **arguments)


def test_tabular_files_to_tensor(run):
    names = run("data/loading/tabular_files_to_tensor.py")
    table, features, labels = names["table"], names["features"], names["labels"]
    assert features.dtype == torch.float32 and labels.dtype == torch.int64
    assert features.tolist() == [[1.5, 55], [1.75, 65], [2, 75]] and labels.tolist() == [0, 1, 1]
    # "copy": writing to the tensors leaves the table alone
    before = table.copy()
    features.zero_()
    labels.zero_()
    assert table.equals(before)
    # a table with a text column
    assert table.to_numpy().dtype == object
    with pytest.raises(TypeError, match=r"numpy\.object_"):
        torch.tensor(table.to_numpy())
    # "`to_numpy()` of one column can be a read-only view"
    column = table["label"].to_numpy()
    assert not column.flags.writeable and np.shares_memory(column, table["label"].array)
    with pytest.warns(UserWarning, match="not writable"):
        torch.from_numpy(column)


def test_dataloader_speed(run):
    names = run("data/loading/dataloader_speed.py")
    alone, loader = names["alone"], names["loader"]
    assert alone.num_workers == 0 and loader.num_workers == 2
    assert loader.persistent_workers and loader.batch_size == 8
    assert loader.pin_memory == (names["device"].type == "cuda")
    assert names["ratio"] > 1.2
    # every sample once, in another order each epoch
    first, second = (torch.cat([x[:, 0, 0, 0] for x, _ in loader]).tolist() for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(32)) and first != second


class Reporting(Dataset):
    """The process that fetched each sample, and what it sees."""

    version = 0

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return os.getpid(), self.version, self.rng.random()


@pytest.mark.parametrize("persistent", [True, False])
def test_dataloader_speed_persistent_workers(persistent):
    dataset = Reporting()
    loader = DataLoader(dataset, num_workers=2, persistent_workers=persistent)
    before = list(loader)
    dataset.version = 1
    after = list(loader)
    pids = [{pid.item() for pid, _, _ in epoch} for epoch in (before, after)]
    assert all(len(p) == 2 and os.getpid() not in p for p in pids)
    assert (pids[0] == pids[1]) == persistent  # "every epoch starts the workers anew"
    # "changing its attributes in the main process has no effect"
    assert {version.item() for _, version, _ in after} == {0 if persistent else 1}


def test_dataloader_speed_numpy_generator():
    # "every worker gets the same copy"
    drawn = [x.item() for _, _, x in DataLoader(Reporting(), num_workers=2)]
    assert drawn[0::2] == drawn[1::2] and len(set(drawn)) == 4
    alone = [x.item() for _, _, x in DataLoader(Reporting())]
    assert len(set(alone)) == 8


def test_dataloader_speed_main_process():
    # "By default, DataLoader fetches samples in the main process"
    assert {pid.item() for pid, _, _ in DataLoader(Reporting())} == {os.getpid()}


def test_dataloader_speed_warnings():
    with pytest.warns(UserWarning, match="suggested max number of worker"):
        DataLoader(TensorDataset(torch.zeros(1)), num_workers=len(os.sched_getaffinity(0)) + 1)


def test_dataloader_speed_pin_memory_without_gpu(without_gpu):
    loader = DataLoader(TensorDataset(torch.zeros(1)), pin_memory=True)
    with pytest.warns(UserWarning, match="no accelerator is found"):
        (batch,) = next(iter(loader))
    assert not batch.is_pinned()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(iter(DataLoader(TensorDataset(torch.zeros(1)), pin_memory=False)))


@pytest.mark.parametrize(
    ("method", "guard", "works"),
    [
        ("forkserver", 'if __name__ != "__mp_main__":', True),
        ("forkserver", "if True:", False),
        ("spawn", "if True:", False),
    ],
)
def test_dataloader_speed_guard(tmp_path, method, guard, works):
    # "Both import the script again, and a loop at the top level then raises RuntimeError"
    source = (SNIPPETS / "data/loading/dataloader_speed.py").read_text(encoding="utf-8")
    shown = 'if __name__ != "__mp_main__":'
    assert source.count(shown) == 1
    start = f"import multiprocessing\nmultiprocessing.set_start_method({method!r}, force=True)\n"
    once = source.replace("num_workers=2", "num_workers=1").replace("ratio > 1.2", "ratio > 0")
    script = tmp_path / "script.py"
    script.write_text(start + once.replace(shown, guard), encoding="utf-8")
    answer = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert (answer.returncode == 0) == works, answer.stderr
    if works:
        assert answer.stdout == "True\n"
    else:
        assert "RuntimeError: " in answer.stderr and "bootstrapping phase" in answer.stderr


def test_dataloader_speed_seeding(run):
    names = run("data/loading/dataloader_speed_seeding.py")
    order, noise, epoch = names["order"], names["noise"], names["epoch"]
    assert sorted(order.tolist()) == list(range(8)) and order.tolist() != list(range(8))
    assert torch.equal(order, names["again"]) and torch.equal(noise, names["noise_again"])
    # `random`, `np.random` and `torch` each follow the generator, in each worker
    assert noise.shape == (8, 3) and not (noise == names["noise_other"]).any()
    assert noise.unique().numel() == 24
    # the seeds of the main process play no part
    torch.manual_seed(5)
    np.random.seed(5)
    order_5, noise_5 = epoch(seed=0)
    assert torch.equal(order_5, order) and torch.equal(noise_5, noise)


def test_dataloader_speed_seeding_num_workers(run):
    # "The shuffling does not depend on `num_workers`; the random numbers in the workers do"
    names = run("data/loading/dataloader_speed_seeding.py")
    order, noise = names["order"], names["noise"]

    def with_one_worker(*args, **kwargs):
        return DataLoader(*args, **kwargs | {"num_workers": 1})

    names["DataLoader"] = with_one_worker
    order_1, noise_1 = names["epoch"](seed=0)
    assert torch.equal(order_1, order) and not torch.equal(noise_1, noise)
