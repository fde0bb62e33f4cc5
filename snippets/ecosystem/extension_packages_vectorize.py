import numpy as np
import pandas as pd

table = pd.DataFrame({"price": [3.0, -1.0, 2.5], "units": [2, 5, 4]})

# 代替 table.apply(total, axis=1) | instead of table.apply(total, axis=1)
valid = table["price"] > 0
table["total"] = np.where(valid, table["price"] * table["units"], 0.0)
print(table["total"].tolist())
#> [6.0, 0.0, 10.0]
