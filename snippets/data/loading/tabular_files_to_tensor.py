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

# 选列，写明数据类型，复制成张量 | select columns, name the dtype, copy into tensors
features = torch.tensor(table[["height", "weight"]].to_numpy("float32"))
labels = torch.tensor(table["label"].to_numpy("int64"))
print(features.tolist(), features.dtype)
#> [[1.5, 55.0], [1.75, 65.0], [2.0, 75.0]] torch.float32
print(labels.tolist(), labels.dtype)
#> [0, 1, 1] torch.int64
