from torch import nn

model = nn.Sequential(
    nn.Embedding(100, 8),  # 800
    nn.Linear(8, 8),  # 64 + 8
    nn.BatchNorm1d(8),  # 8 + 8
    nn.Linear(8, 100, bias=False),  # 800
)
model[3].weight = model[0].weight  # 共享 | shared
model[1].requires_grad_(False)  # 冻结 | frozen

params = list(model.parameters())
total = sum(p.numel() for p in params)
trainable = sum(p.numel() for p in params if p.requires_grad)
print(total, trainable)
#> 888 816

# state_dict 多出缓冲区，共享的参数算两次 | state_dict adds the buffers and counts shared parameters twice
stored = sum(t.numel() for t in model.state_dict().values())
print(stored)
#> 1705
