import torch
from torch import nn

device = torch.device("cpu")  # 代替 GPU | instead of the GPU

model = nn.Sequential(nn.Embedding(100, 16), nn.Linear(16, 3)).to(
    device
)
tokens = torch.tensor([[5, 99, 100]], device=device)
try:
    model(tokens)
except IndexError as e:
    print(e)
    #> index out of range in self

# 0 到 99 才有效 | only 0 to 99 are valid
print(tokens.min().item(), tokens.max().item(), model[0].num_embeddings)
#> 5 100 100
