import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset


class Rows(Dataset):
    def __init__(self, path):
        self.path, self.rows = path, None
        self.length = len(np.load(path, mmap_mode="r"))

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        if self.rows is None:  # 每个进程自己打开 | each process opens it
            self.rows = np.load(self.path, mmap_mode="r")
        return torch.tensor(self.rows[index])  # 只读这一行 | this row only


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "rows.npy")
    np.save(path, np.arange(12, dtype=np.float32).reshape(4, 3))
    dataset = Rows(path)
    print(len(dataset), dataset[1])
    #> 4 tensor([3., 4., 5.])
    del dataset  # 关闭文件 | closes the file
