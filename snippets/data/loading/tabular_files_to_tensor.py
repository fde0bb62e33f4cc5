import pandas as pd
import torch

table = pd.DataFrame(
    {
        "height": [1.5, 1.75, 2.0],
        "weight": [55, 65, 75],
        "city": ["Lima", "Oslo", "Rome"],
        "label": [0, 1, 1],
    }
)

# 选列，写明数据类型，复制 | select columns, name the dtype, copy
features = torch.tensor(table[["height", "weight"]].to_numpy("float32"))
labels = torch.tensor(table["label"].to_numpy("int64"))

print(features)
#> tensor([[ 1.5000, 55.0000],
#>         [ 1.7500, 65.0000],
#>         [ 2.0000, 75.0000]])
print(labels)
#> tensor([0, 1, 1])
