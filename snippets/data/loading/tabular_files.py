import tempfile
from pathlib import Path
from timeit import repeat

import numpy as np
import pandas as pd

n, rng = 10_000, np.random.default_rng(0)
table = pd.DataFrame({f"x{i}": rng.normal(size=n) for i in range(20)})
table["city"] = rng.choice(["Lima", "Oslo", "Rome"], n)
table["day"] = pd.date_range("2026-01-01", periods=n, freq="min")

formats = {
    "csv": (lambda f: table.to_csv(f, index=False), pd.read_csv),
    "h5": (lambda f: table.to_hdf(f, key="df", mode="w"), pd.read_hdf),
    "feather": (table.to_feather, pd.read_feather),
    "parquet": (table.to_parquet, pd.read_parquet),
}
size, write, read = {}, {}, {}
with tempfile.TemporaryDirectory() as folder:
    for name, (save, load) in formats.items():
        f = Path(folder, f"table.{name}")
        write[name] = min(repeat(lambda: save(f), number=1, repeat=2))
        read[name] = min(repeat(lambda: load(f), number=1, repeat=5))
        size[name] = f.stat().st_size
        same = load(f).equals(table)
        # 是否原样读回，大小是 csv 的几倍 | comes back unchanged? size relative to csv
        print(name, same, round(size[name] / size["csv"], 2))
        #> csv False 1.0
        #> h5 True 0.69
        #> feather True 0.41
        #> parquet True 0.49

# 比 csv 快多少，看比值 | compare with csv as a ratio
print("write feather > 5x", write["csv"] / write["feather"] > 5)
#> write feather > 5x True
print("read feather > 1x", read["csv"] / read["feather"] > 1)
#> read feather > 1x True
print("read h5 > 10x", read["csv"] / read["h5"] > 10)
#> read h5 > 10x False
