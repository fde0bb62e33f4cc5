import tempfile
from functools import partial
from pathlib import Path
from timeit import repeat

import numpy as np
import pandas as pd

n, rng = 5000, np.random.default_rng(0)
table = pd.DataFrame(rng.normal(size=(n, 20))).add_prefix("x")
table["city"] = rng.choice(["Lima", "Oslo", "Rome"], n)

formats = {
    "csv": (table.to_csv, pd.read_csv),
    "parquet": (table.to_parquet, pd.read_parquet),
    "feather": (table.to_feather, pd.read_feather),
    "h5": (partial(table.to_hdf, key="df"), pd.read_hdf),
}
with tempfile.TemporaryDirectory() as folder:
    for suffix, (write, read) in formats.items():
        path = Path(folder, f"table.{suffix}")
        seconds = [
            min(repeat(lambda: call(path), number=1, repeat=2))
            for call in (write, read)
        ]
        size = f"{path.stat().st_size / 1e6:.1f} MB"
        w, r = (f"{1000 * s:.1f} ms" for s in seconds)
        # 格式、大小、写、读 | format, size, write, read
        print(f"{suffix:8} {size:8} {w:9} {r}")
        #~ csv      2.0 MB   118.9 ms  6.1 ms
        #~ parquet  1.0 MB   7.5 ms    3.2 ms
        #~ feather  0.8 MB   4.1 ms    2.1 ms
        #~ h5       2.0 MB   10.2 ms   6.6 ms
