import torch
from torch import nn

gpu = torch.accelerator.current_accelerator(check_available=True)
device = gpu or torch.device("cpu")

x = torch.randn(250, 2)
y = (x.sum(dim=1) > 0).long()
loader = list(zip(x.split(64), y.split(64), strict=True))
model = nn.Linear(2, 2).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(3):
    #[
    # 累加在设备上 | the totals stay on the device
    loss_sum = torch.zeros((), device=device)
    correct = torch.zeros((), dtype=torch.long, device=device)
    #]
    for inputs, targets in loader:
        inputs, targets = inputs.to(device), targets.to(device)
        logits = model(inputs)
        loss = loss_fn(logits, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        #[
        loss_sum += loss.detach() * len(targets)
        correct += (logits.argmax(dim=1) == targets).sum()
        #]
    # 每个 epoch 只取一次 | read once per epoch
    mean_loss = loss_sum.item() / len(x)
    accuracy = correct.item() / len(x)
    print(f"{epoch}: loss {mean_loss:.3f}, accuracy {accuracy:.1%}")
    #~ 0: loss 0.740, accuracy 50.8%
    #~ 1: loss 0.380, accuracy 96.0%
    #~ 2: loss 0.294, accuracy 98.0%
