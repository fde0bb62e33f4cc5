import io

import torch

file = io.BytesIO()
location_tag = torch.serialization.location_tag
torch.serialization.location_tag = lambda storage: "cuda:0"
torch.save({"weight": torch.ones(2)}, file)
torch.serialization.location_tag = location_tag
file.seek(0)
assert torch.load(file, map_location="cpu")["weight"].sum() == 2
file.seek(0)
torch.load(file)
