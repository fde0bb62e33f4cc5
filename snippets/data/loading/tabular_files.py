import tempfile
from pathlib import Path

import pandas as pd

csv = Path(tempfile.mkdtemp(), "people.csv")
csv.write_text("day,code\n2026-01-01,007\n2026-01-02,042\n")

#[
table = pd.read_csv(csv, parse_dates=["day"], dtype={"code": "str"})
table.to_parquet(csv.with_suffix(".parquet"))  # 存一次 | save once
table = pd.read_parquet(csv.with_suffix(".parquet"))  # 之后都读它 | from then on
#]

print(table["code"].tolist(), table["day"].dt.year.tolist())
#> ['007', '042'] [2026, 2026]
