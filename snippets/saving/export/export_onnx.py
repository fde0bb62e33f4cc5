import tempfile
from pathlib import Path

import onnxruntime
import torch
from torch import nn

model = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1),
    nn.BatchNorm2d(8),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(8, 5),
)
x = torch.rand(2, 3, 32, 32)  # 示例输入，批大小大于 1 | an example, batch above 1
batch = torch.rand(7, 3, 32, 32)
path = Path(tempfile.mkdtemp(), "model.onnx")

#[
model.eval()
shapes = ({0: "batch"},)  # 每个输入：哪几维可变 | each input: what may vary
torch.onnx.export(
    model, (x,), path, dynamic_shapes=shapes, verbose=False
)
session = onnxruntime.InferenceSession(path)
feed = {session.get_inputs()[0].name: batch.numpy()}
(logits,) = session.run(None, feed)
#]

# 另一个批大小，与 PyTorch 对照 | another batch size, compared with PyTorch
with torch.inference_mode():
    expected = model(batch)
torch.testing.assert_close(
    torch.from_numpy(logits), expected, rtol=1e-3, atol=1e-5
)
print(logits.shape)
#> (7, 5)
