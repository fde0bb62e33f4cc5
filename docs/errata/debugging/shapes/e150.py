import os

import torch

tensor, model_path = torch.zeros(2, 3), "missing.pth"
assert not os.path.isfile(model_path)
for line in ("assert tensor.size() == (3, 2)", "assert os.path.isfile(model_path)"):
    exec(compile(line, "seed", "exec", optimize=1))
