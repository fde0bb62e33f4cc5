from torch import nn

model = nn.Sequential(
    nn.Linear(784, 256),
    nn.ReLU(),
    nn.Linear(256, 10),
)
model[0].requires_grad_(False)  # 冻结第一层 | freeze the first layer

#[
params = list(model.parameters())
total = sum(p.numel() for p in params)
trainable = sum(p.numel() for p in params if p.requires_grad)
size = sum(p.nbytes for p in params)
#]
print(f"{total:,} parameters, {trainable:,} trainable")
#> 203,530 parameters, 2,570 trainable
print(f"{size / 2**20:.2f} MiB")
#> 0.78 MiB

for name, child in model.named_children():  # 每部分 | each part
    print(name, sum(p.numel() for p in child.parameters()))
    #> 0 200960
    #> 1 0
    #> 2 2570
