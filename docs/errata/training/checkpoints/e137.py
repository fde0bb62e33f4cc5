import tarfile
import tempfile
import zipfile

import torch

with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/checkpoint.pth.tar"
    torch.save({"epoch": 1}, path)
    assert zipfile.is_zipfile(path) and not tarfile.is_tarfile(path)
