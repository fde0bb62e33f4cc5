"""The stand-in for a GPU catches what CUDA would refuse, and lets pass what it would allow.

What it finds is called *placement checked*, never *verified on CUDA*: values are the CPU's.
"""

import pytest
import torch

from harness.placement import PlacementError, StandIn

PRELUDE = """
import torch, torch.nn.functional as F
from torch import nn
device = torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")
model = nn.Linear(4, 3).to(device)
x = torch.randn(8, 4, device=device)
y = torch.arange(8, device=device) % 3
"""
PLANTED = {
    "labels on the CPU": "F.cross_entropy(model(x), y.cpu())",
    "input on the CPU": "model(torch.randn(8, 4))",
    "arange without device": "x + torch.arange(4)",
    "zeros without device": "torch.cat([x, torch.zeros(8, 1)], dim=1)",
    "buffer as a plain attribute": """
class Shift(nn.Module):
    def __init__(self):
        super().__init__()
        self.shift = torch.ones(4)
    def forward(self, x):
        return x + self.shift
Shift().to(device)(x)
""",
    "loss weight on the CPU": "F.cross_entropy(model(x), y, weight=torch.ones(3))",
    "loss module left on the CPU": "nn.CrossEntropyLoss(weight=torch.ones(3))(model(x), y)",
    "CPU generator": "torch.randn(3, device=device, generator=torch.Generator())",
    "numpy of a device tensor": "x.numpy()",
    "numpy through the array protocol": "import numpy as np; np.asarray(x)",
    "checkpoint of another GPU without map_location": """
import io
file = io.BytesIO()
torch.save({"w": torch.ones(2)}, file)
data = file.getvalue().replace(b"cpu", b"cpu")
w = torch.ones(2, device=device)
setattr(w.untyped_storage(), "_claimed_device", torch.device("cuda", 7))
file = io.BytesIO(); torch.save({"w": w}, file); file.seek(0)
torch.load(file, weights_only=True)
""",
    "CPU checkpoint used beside the model": """
import io
file = io.BytesIO(); torch.save(nn.Linear(4, 3).state_dict(), file); file.seek(0)
x @ torch.load(file, weights_only=True)["weight"].T
""",
    "mask on the CPU": "x.masked_fill(torch.ones(8, 4, dtype=torch.bool), 0.0)",
    "where with a CPU tensor": "torch.where(x > 0, x, torch.zeros(8, 4))",
    "model moved after its parameters were copied": """
model = nn.Linear(4, 3)
copies = [p.detach().clone().requires_grad_() for p in model.parameters()]
optimizer = torch.optim.SGD(copies, lr=0.1)
model.to(device)
F.cross_entropy(model(x), y).backward()
for copy, p in zip(copies, model.parameters()):
    copy.grad = p.grad
optimizer.step()
""",
    "autocast for the wrong device": 'with torch.autocast("cpu", dtype=torch.bfloat16): model(x)',
    "scaler for the wrong device": """
scaler = torch.amp.GradScaler("cpu")
scaler.scale(F.cross_entropy(model(x), y)).backward()
""",
    "total kept on the CPU": "torch.zeros(()).add_(model(x).sum().detach())",
    "second GPU of a machine with one": "x.to('cuda:1')",
    "hidden state on the CPU": "nn.LSTM(4, 4).to(device)(x, (torch.zeros(1, 4), torch.zeros(1, 4)))",
}


@pytest.mark.fresh_process
@pytest.mark.parametrize("bug", PLANTED.values(), ids=PLANTED)
def test_a_planted_bug_is_caught(bug):
    with StandIn(), pytest.raises((PlacementError, RuntimeError, TypeError)):
        exec(PRELUDE + bug, {"__name__": "__main__"})


CORRECT = {
    "training step": """
optimizer = torch.optim.AdamW(model.parameters())
loss = F.cross_entropy(model(x), y)
loss.backward()
optimizer.step()
assert loss.device.type == model.weight.grad.device.type == "cuda"
""",
    "python scalars and 0-d CPU tensors": "x * 2 + torch.tensor(1.0)",
    "CPU mask as an index": "x[torch.ones(8, dtype=torch.bool)]",
    "back to NumPy": "x.cpu().numpy()",
    "generator of the device": "torch.randn(3, device=device, generator=torch.Generator(device))",
    "default device": "torch.set_default_device(device); x + torch.zeros(4)",
    "autocast and scaler": """
scaler = torch.amp.GradScaler(device.type)
with torch.autocast(device.type, dtype=torch.float16):
    loss = F.cross_entropy(model(x), y)
scaler.scale(loss).backward()
scaler.step(torch.optim.SGD(model.parameters(), lr=0.1))
scaler.update()
""",
    "checkpoint with map_location": """
import io
file = io.BytesIO(); torch.save(model.state_dict(), file); file.seek(0)
nn.Linear(4, 3).load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
""",
    "buffer that moves with its module": "nn.BatchNorm1d(4).to(device)(x)",
}


@pytest.mark.fresh_process
@pytest.mark.parametrize("code", CORRECT.values(), ids=CORRECT)
def test_correct_code_passes(code):
    with StandIn():
        exec(PRELUDE + code, {"__name__": "__main__"})


@pytest.mark.fresh_process
def test_copies_are_counted_and_gradients_travel_back():
    w = torch.ones(2, requires_grad=True)
    with StandIn() as gpu:
        w.to("cuda").sum().backward()
        assert (gpu.to_device, w.grad.device.type) == (1, "cpu")


@pytest.mark.fresh_process
def test_nothing_stays_pretended():
    before = torch.cuda.is_available()
    with StandIn():
        assert torch.cuda.is_available()
    assert torch.cuda.is_available() == before
    assert torch.ones(1).device.type == "cpu"
