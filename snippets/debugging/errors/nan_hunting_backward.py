import warnings

import torch

x = torch.tensor([0.0, 1.0], requires_grad=True)
try:
    with (
        torch.autograd.set_detect_anomaly(True),
        # 接住警告只为在这里打印 | caught only to be printed here
        warnings.catch_warnings(record=True) as seen,
    ):
        warnings.simplefilter("always")
        # 前向也放在里面 | the forward pass inside, too
        loss = (x.sqrt() * x.sign()).sum()
        loss.backward()
except RuntimeError as e:
    print(e)
    #> Function 'SqrtBackward0' returned nan values in its 0th output.
    where = str(seen[0].message).splitlines()[-2]
    print(where.strip())
    #> loss = (x.sqrt() * x.sign()).sum()
