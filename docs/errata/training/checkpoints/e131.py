import os
import tempfile

import torch

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    torch.save({}, os.path.join("model", "checkpoint.pth.tar"))
