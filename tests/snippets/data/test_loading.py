import multiprocessing
import os
import subprocess
import sys
import tempfile
import types
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, RandomSampler, TensorDataset
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

from harness import SNIPPETS, execute

READER = {
    "tabular_files": """
csv = Path("people.csv")
csv.write_text("day,code\\n2026-01-01,007\\n")
""",
}


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.claim(
    "data/loading#tabular-files",
    "Save it as Parquet, and read that from then on: it stores the dtypes",
    "without parse_dates, day is text, and without dtype, the code 007 turns into the number 7",
)
def test_tabular_files(run, temporary):
    names = run("data/loading/tabular_files.py")
    table, csv = names["table"], names["csv"]
    stored = pd.read_parquet(csv.with_suffix(".parquet"))
    assert stored.equals(table) and stored.dtypes.equals(table.dtypes)
    assert pd.api.types.is_datetime64_dtype(stored["day"])
    assert stored["code"].tolist() == ["007", "042"]
    plain = pd.read_csv(csv)
    assert pd.api.types.is_string_dtype(plain["day"]) and plain["code"].tolist() == [7, 42]


def test_tabular_files_dtypes_that_parquet_keeps(tmp_path):
    table = pd.DataFrame(
        {
            "category": pd.Categorical(["a", "b"]),
            "nullable": pd.array([1, None], dtype="Int64"),
            "zone": pd.to_datetime(["2026-01-01", "2026-01-02"]).tz_localize("Asia/Shanghai"),
            "flag": [True, False],
            "small": np.array([1, 2], dtype="int8"),
            "half": np.array([1, 2], dtype="float16"),
        }
    )
    table.to_parquet(tmp_path / "t.parquet")
    table.to_csv(tmp_path / "t.csv", index=False)
    assert pd.read_parquet(tmp_path / "t.parquet").dtypes.equals(table.dtypes)
    seconds = pd.DataFrame({"day": table["zone"].dt.tz_localize(None).astype("datetime64[s]")})
    seconds.to_parquet(tmp_path / "s.parquet")  # stored, in the unit that Parquet has
    assert pd.read_parquet(tmp_path / "s.parquet")["day"].dtype == "datetime64[ms]"
    back = pd.read_csv(tmp_path / "t.csv").dtypes
    assert [c for c in table if back[c] == table.dtypes[c]] == ["flag"]


@pytest.mark.claim(
    "data/loading#tabular-files",
    "reads the named columns only. to_feather and read_feather work alike",
)
def test_tabular_files_columns(tmp_path):
    table = pd.DataFrame({"x0": [1.0], "x1": [2.0]})
    table.to_parquet(tmp_path / "t.parquet")
    table.to_feather(tmp_path / "t.feather")
    for read, suffix in (pd.read_parquet, "parquet"), (pd.read_feather, "feather"):
        path = tmp_path / f"t.{suffix}"
        assert read(path).equals(table)
        assert list(read(path, columns=["x0"])) == ["x0"]


@pytest.mark.claim("data/loading#tabular-files", "Parquet is often smaller than csv")
def test_tabular_files_formats():
    answer = execute(SNIPPETS / "data/loading/tabular_files_formats.py")
    lines = [line.split() for line in answer.stdout.splitlines()]
    assert [line[0] for line in lines] == ["csv", "parquet", "feather", "h5"]
    megabytes = {line[0]: float(line[1]) for line in lines}
    assert max(megabytes["parquet"], megabytes["feather"]) < 0.7 * megabytes["csv"]
    assert all(float(line[i]) > 0 for line in lines for i in (3, 5))
    assert not Path(answer.names["folder"]).exists()


@pytest.mark.claim(
    "data/loading#tabular-files", "If the package is missing, pandas raises ImportError"
)
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


@pytest.mark.claim(
    "data/loading#tabular-files",
    "columns of mixed types are pickled, and reading them can run code",
    'to_parquet and to_feather reject a column such as [1, "x"]',
)
def test_tabular_files_pickled(tmp_path):
    warnings.simplefilter("ignore", pd.errors.PerformanceWarning)

    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    pd.DataFrame({"x": [1, Payload()]}).to_hdf(tmp_path / "t.h5", key="df")
    assert not (tmp_path / "ran").exists()
    pd.read_hdf(tmp_path / "t.h5")
    assert (tmp_path / "ran").exists()
    mixed = pd.DataFrame({"x": [1, "x"]})
    for write in (mixed.to_parquet, mixed.to_feather):
        with pytest.raises(ValueError, match="Could not convert 'x'"):
            write(tmp_path / "file")


@pytest.mark.claim(
    "data/loading#tabular-files",
    "to_numpy() of the whole table is an object array, and torch.tensor raises TypeError",
    "Without a dtype, to_numpy() of one column can be a read-only view, "
    "and torch.from_numpy warns about it",
)
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
    assert table.to_numpy().dtype == object
    with pytest.raises(TypeError, match=r"numpy\.object_"):
        torch.tensor(table.to_numpy())
    column = table["label"].to_numpy()
    assert not column.flags.writeable and np.shares_memory(column, table["label"].array)
    with pytest.warns(UserWarning, match="not writable"):
        torch.from_numpy(column)


@pytest.mark.claim(
    "data/loading#tabular-files",
    'to_numpy("float32") keeps them as NaN, but to_numpy("int64") turns NaN into some integer, '
    "with no more than a RuntimeWarning",
)
def test_tabular_files_to_tensor_missing_values():
    column = pd.Series([1.0, None])
    assert column.isna().tolist() == [False, True]
    assert np.isnan(column.to_numpy("float32")).tolist() == [False, True]
    nullable = pd.Series([1, None], dtype="Int64")
    assert np.isnan(nullable.to_numpy("float32")).tolist() == [False, True]
    with pytest.warns(RuntimeWarning, match="invalid value"):
        labels = torch.tensor(column.to_numpy("int64"))
    assert labels.dtype == torch.int64 and labels[0] == 1


@pytest.mark.claim(
    "data/loading#tabular-files",
    "looks rows up by their index, and can fail after rows were filtered: KeyError or ValueError",
)
def test_tabular_files_to_tensor_of_a_series():
    column = pd.Series([10, 20, 30, 40])
    assert torch.tensor(column).tolist() == [10, 20, 30, 40]
    for keep, error in ([0, 1, 3], KeyError), ([1, 2, 3], ValueError):
        filtered = column[column.index.isin(keep)]
        with pytest.raises(error):
            torch.tensor(filtered)
        assert torch.tensor(filtered.to_numpy("int64")).tolist() == filtered.tolist()


@pytest.mark.claim("data/loading#dataloader-speed", "child processes then prepare batches ahead")
def test_dataloader_speed(run):
    names = run("data/loading/dataloader_speed.py")
    loader = names["loader"]
    assert loader.num_workers == 2 and loader.persistent_workers and loader.batch_size == 8
    assert loader.pin_memory == (names["device"].type == "cuda")
    assert names["images"].device.type == names["labels"].device.type == names["device"].type
    # Every sample once, in another order each epoch.
    first, second = (torch.cat([x[:, 0, 0, 0] for x, _ in loader]).tolist() for _ in range(2))
    assert (
        sorted(first) == sorted(second) == sorted(names["dataset"].tensors[0][:, 0, 0, 0].tolist())
    )
    assert first != second


def test_dataloader_speed_measure():
    answer = execute(SNIPPETS / "data/loading/dataloader_speed_measure.py")
    seconds = [float(line.split()[1]) for line in answer.stdout.splitlines()]
    assert len(seconds) == 2 and min(seconds) > 0
    assert answer.names["loader"].num_workers == 2


class Reporting(Dataset):
    """The process that fetched each sample, and what it sees."""

    version = 0

    def __init__(self):
        self.rng = np.random.default_rng(0)
        self.shared = torch.zeros(1).share_memory_()

    def __len__(self):
        return 8

    def __getitem__(self, index):
        return os.getpid(), self.version, self.rng.random(), self.shared.item()


def seen(loader, field):
    return [sample[field].item() for sample in loader]


@pytest.mark.claim(
    "data/loading#dataloader-speed", "By default, DataLoader fetches samples in the main process"
)
def test_dataloader_speed_main_process():
    assert set(seen(DataLoader(Reporting()), 0)) == {os.getpid()}


@pytest.mark.claim(
    "data/loading#dataloader-speed",
    "Without persistent_workers, each epoch starts the workers anew",
    "assigning to its attributes in the main process has no effect on them",
)
@pytest.mark.parametrize("persistent", [True, False])
def test_dataloader_speed_persistent_workers(persistent):
    dataset = Reporting()
    loader = DataLoader(dataset, num_workers=2, persistent_workers=persistent)
    before = set(seen(loader, 0))
    dataset.version = 1
    dataset.shared.fill_(1)  # no assignment: workers share the memory of this tensor
    samples = list(loader)
    after = {sample[0].item() for sample in samples}
    assert len(before) == len(after) == 2 and os.getpid() not in before | after
    assert (before == after) == persistent
    assert {sample[1].item() for sample in samples} == {0 if persistent else 1}
    assert {sample[3].item() for sample in samples} == {1}


@pytest.mark.claim(
    "data/loading#dataloader-speed",
    "It needs num_workers above 0, or DataLoader raises ValueError",
)
def test_dataloader_speed_persistent_without_workers():
    with pytest.raises(ValueError, match="persistent_workers option needs num_workers > 0"):
        DataLoader(range(3), persistent_workers=True)


@pytest.mark.claim(
    "data/loading#dataloader-speed", "More workers than available CPU cores make DataLoader warn"
)
def test_dataloader_speed_too_many_workers():
    cores = len(os.sched_getaffinity(0))
    with pytest.warns(UserWarning, match="suggested max number of worker"):
        DataLoader(range(3), num_workers=cores + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        DataLoader(range(3), num_workers=cores)


@pytest.mark.claim("data/loading#dataloader-speed", "Without a GPU, pin_memory=True only warns")
def test_dataloader_speed_pin_memory_without_gpu(without_gpu):
    loader = DataLoader(TensorDataset(torch.zeros(1)), pin_memory=True)
    with pytest.warns(UserWarning, match="no accelerator is found"):
        (batch,) = next(iter(loader))
    assert not batch.is_pinned()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        next(iter(DataLoader(TensorDataset(torch.zeros(1)), pin_memory=False)))


BLOCKS = ["dataloader_speed", "dataloader_speed_measure", "dataloader_speed_seeding"]
GUARD = 'if __name__ == "__main__":'
DIES = pytest.raises(RuntimeError, match=r"DataLoader worker \(pid\(s\) .*exited unexpectedly")


def source_of(block):
    return (SNIPPETS / f"data/loading/{block}.py").read_text(encoding="utf-8")


def prints_what_it_shows(block, printed):
    """Whether a run said the words that a block shows, the numbers aside."""
    lines = [line.split(maxsplit=1) for line in source_of(block).splitlines() if line.strip()]
    shown = [line[1] for line in lines if line[0] in ("#>", "#~")]
    return [p.split(":")[0] for p in printed.splitlines()] == [s.split(":")[0] for s in shown]


def without_guard(folder):
    """A script with a loop over the `DataLoader` at the top level, and one worker."""
    source = source_of("dataloader_speed").replace("num_workers=2", "num_workers=1")
    assert source.count(GUARD) == 1
    script = folder / "unguarded.py"
    script.write_text(source.replace(GUARD, "if True:"), encoding="utf-8")
    return script


def test_dataloader_speed_under_fork():
    multiprocessing.set_start_method("fork", force=True)
    for block in BLOCKS:
        assert prints_what_it_shows(block, execute(SNIPPETS / f"data/loading/{block}.py").stdout)


CELL = """
from torch.utils.data import DataLoader
from images import Images as Imported

class Images(Imported):
    pass

loader = DataLoader(Images(), num_workers=1)
"""


@pytest.mark.claim(
    "data/loading#dataloader-speed",
    "Both import the script again, "
    "and a loop over the DataLoader at the top level raises RuntimeError",
    "A notebook needs no guard. Workers that start with spawn or forkserver "
    "do not find a class that a cell defines (Can't get attribute 'Images', "
    "and in the notebook DataLoader worker (pid(s) …) exited unexpectedly)",
    "put the Dataset into a .py file and import it, or set num_workers=0",
    'multiprocessing_context="fork" is a third way',
)
def test_dataloader_speed_under_forkserver(tmp_path, monkeypatch, capfd):
    """All that one server can show: it imports torch once, before it is asked."""
    # These workers are no children of this process, which asks every 5 seconds whether they live.
    monkeypatch.setattr(_MultiProcessingDataLoaderIter._try_get_data, "__defaults__", (0.1,))
    multiprocessing.set_start_method("forkserver", force=True)
    multiprocessing.set_forkserver_preload(["torch"])

    for block in BLOCKS:
        assert prints_what_it_shows(block, execute(SNIPPETS / f"data/loading/{block}.py").stdout)
    assert capfd.readouterr().err == ""

    with DIES:
        execute(without_guard(tmp_path))
    said = capfd.readouterr().err  # by the worker
    assert "RuntimeError: " in said and "bootstrapping phase" in said

    # As in a notebook, `__main__` comes from no file.
    (tmp_path / "images.py").write_text(
        "class Images:\n"
        "    def __len__(self):\n        return 4\n"
        "    def __getitem__(self, index):\n        return index\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    notebook = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", notebook)
    exec(CELL, vars(notebook))
    with DIES:
        list(notebook.loader)
    said = capfd.readouterr().err
    assert "AttributeError: Can't get attribute 'Images' on <module '__main__'" in said
    for remedy in (
        DataLoader(notebook.Imported(), num_workers=1),
        DataLoader(notebook.Images(), num_workers=0),
        DataLoader(notebook.Images(), num_workers=1, multiprocessing_context="fork"),
    ):
        assert [i.item() for i in remedy] == [0, 1, 2, 3]


@pytest.mark.claim(
    "data/loading#dataloader-speed",
    "Both import the script again, "
    "and a loop over the DataLoader at the top level raises RuntimeError",
)
def test_dataloader_speed_under_spawn(tmp_path, capfd):
    """One block and one worker, because each Python imports torch; to the end of its process."""
    unguarded = without_guard(tmp_path)
    guarded = tmp_path / "guarded.py"
    guarded.write_text(unguarded.read_text(encoding="utf-8").replace("if True:", GUARD))
    (tmp_path / "sitecustomize.py").write_text(
        "import multiprocessing; multiprocessing.set_start_method('spawn')"
    )
    process = subprocess.Popen(
        [sys.executable, guarded],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )

    multiprocessing.set_start_method("spawn", force=True)
    with DIES:
        execute(unguarded)
    said = capfd.readouterr().err
    assert "RuntimeError: " in said and "bootstrapping phase" in said

    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert prints_what_it_shows("dataloader_speed", out)


@pytest.mark.claim(
    "data/loading#dataloader-speed",
    "Both also pickle the Dataset and the collate_fn, so a lambda there raises Can't pickle",
)
def test_dataloader_speed_lambda():
    multiprocessing.set_start_method("spawn", force=True)
    loader = DataLoader(range(3), num_workers=1, collate_fn=lambda batch: batch)
    warnings.simplefilter("ignore")
    with pytest.raises(Exception, match="Can't pickle"):
        iter(loader)
    dataset = Reporting()
    dataset.transform = lambda image: image
    with pytest.raises(Exception, match="Can't pickle"):
        iter(DataLoader(dataset, num_workers=1))
    multiprocessing.set_start_method("fork", force=True)
    assert next(iter(loader)) == [0]


@pytest.mark.claim(
    "data/loading#dataloader-speed",
    "It determines the shuffling and the seeds of the workers: "
    "torch, random, and np.random need no further seeds there",
)
def test_dataloader_speed_seeding(run):
    names = run("data/loading/dataloader_speed_seeding.py")
    assert names["first"] == names["again"]

    def epoch(seed):
        samples = list(names["make_loader"](seed))
        order = [index.item() for index, _ in samples]
        return order, [[x.item() for x in noise] for _, noise in samples]

    order, noise = epoch(0)
    assert sorted(order) == list(range(4)) and str(epoch(0)) == str((order, noise))
    # `torch`, `np.random`, and `random` each follow the generator, in each worker.
    drawn = {x for sample in noise for x in sample}
    assert len(drawn) == 4 * 3
    assert not drawn & {x for sample in epoch(1)[1] for x in sample}
    # The seeds of the main process play no part.
    torch.manual_seed(5)
    np.random.seed(5)
    assert epoch(0) == (order, noise)


class Noisy(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return index, torch.rand(1)


def epochs(**arguments):
    """The order and the random numbers of two epochs."""
    loader = DataLoader(Noisy(), generator=torch.Generator().manual_seed(0), **arguments)
    result = []
    for _ in range(2):
        samples = list(loader)
        result.append(tuple([sample[i].item() for sample in samples] for i in (0, 1)))
    return result


@pytest.mark.claim(
    "data/loading#dataloader-speed",
    "The order of the first epoch does not depend on num_workers. "
    "From the second on, persistent_workers=True changes it",
    "The random numbers in the workers do depend on num_workers",
)
def test_dataloader_speed_seeding_num_workers():
    (order, _), (next_order, _) = epochs(shuffle=True)
    one = epochs(shuffle=True, num_workers=1)
    two = epochs(shuffle=True, num_workers=2)
    kept = epochs(shuffle=True, num_workers=2, persistent_workers=True)
    assert one[0][0] == two[0][0] == kept[0][0] == order
    assert one[1][0] == two[1][0] == next_order != kept[1][0]
    assert one[0][1] != two[0][1]


@pytest.mark.claim(
    "data/loading#dataloader-speed",
    "With num_workers=0, samples draw random numbers in the main process, "
    "and generator has no say in them",
    "A sampler of your own takes a generator of its own",
)
def test_dataloader_speed_seeding_where_generator_has_no_say():
    def drawn(seed, **arguments):
        torch.manual_seed(seed)
        return epochs(**arguments)[0]

    assert drawn(0)[1] == drawn(0)[1] != drawn(1)[1]
    workers = {"num_workers": 1}
    assert drawn(0, **workers) == drawn(1, **workers)
    assert (
        drawn(0, sampler=RandomSampler(Noisy()), **workers)[0]
        != (drawn(1, sampler=RandomSampler(Noisy()), **workers)[0])
    )
    seeded = [RandomSampler(Noisy(), generator=torch.Generator().manual_seed(0)) for _ in range(2)]
    assert drawn(0, sampler=seeded[0], **workers) == drawn(1, sampler=seeded[1], **workers)


@pytest.mark.claim(
    "data/loading#dataloader-speed",
    "every worker gets the same copy and repeats the same augmentations",
)
def test_dataloader_speed_seeding_own_generator():
    drawn = seen(DataLoader(Reporting(), num_workers=2), 2)
    assert drawn[0::2] == drawn[1::2] and len(set(drawn)) == 4
    assert len(set(seen(DataLoader(Reporting()), 2))) == 8
