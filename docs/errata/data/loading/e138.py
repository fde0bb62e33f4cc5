import os
import sys
import tempfile
import time

import numpy as np
import pandas as pd


def measure(column):
    table = pd.DataFrame({"x": column})
    with tempfile.TemporaryDirectory() as folder:
        csv, hdf = f"{folder}/t.csv", f"{folder}/t.h5"
        table.to_csv(csv, index=False)
        table.to_hdf(hdf, key="t", mode="w")
        seconds = []
        for read, path in ((pd.read_csv, csv), (pd.read_hdf, hdf)):
            times = []
            for _ in range(3):
                start = time.process_time()
                read(path)
                times.append(time.process_time() - start)
            seconds.append(min(times))
        return os.path.getsize(hdf) / os.path.getsize(csv), seconds[0] / seconds[1]


rng = np.random.default_rng(0)
assert measure(rng.integers(0, 10, 20_000))[0] > 3
assert measure(rng.normal(size=20_000))[0] < 1
assert measure(rng.choice(["Lima", "Oslo", "Rome"], 20_000))[1] < 1

table = pd.DataFrame({"x": [1]})
writers = {
    "tables": lambda: table.to_hdf("t.h5", key="t"),
    "pyarrow": lambda: table.to_feather("t.feather"),
}
for package, write in writers.items():
    for loaded in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[loaded]
    sys.modules[package] = None  # as if it were not installed
    refused = ""
    try:
        write()
    except ImportError as error:
        refused = str(error)
    assert package in refused
