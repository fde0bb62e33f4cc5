import warnings

import torch

warnings.simplefilter("ignore")  # 读它，不要忽略 | read it instead

x = torch.tensor([0.0, 1.0], requires_grad=True)
try:
    with torch.autograd.set_detect_anomaly(True):
        # 前向也放在里面 | the forward pass inside, too
        loss = (x.sqrt() * x.sign()).sum()
        loss.backward()
except RuntimeError as e:
    print(e)
    #> Function 'SqrtBackward0' returned nan values in its 0th output.
