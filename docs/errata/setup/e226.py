import torch
from torch import nn

blocks = {
    "np.random.seed(0)": "np",
    "torch.tensor(data)": "data",
    "short_points.dtype": "short_points",
    "print(a[0].size())": "a",
    "points[1:]": "points",
    "tensor = torch.cat(list_of_tensors, dim=0)": "list_of_tensors",
    "torch.allclose(tensor1, tensor2)": "tensor1",
    "dist = torch.sqrt(torch.sum((X1[:, None, :] - X2) ** 2, dim=2))": "X1",
    "conv_model.add_module('0', nn.Conv2d(1, 1, 1))": "conv_model",
    "self.linears = nn.ModuleList([nn.Linear(10, 10)])": "self",
    "nn.Sequential(collections.OrderedDict())": "collections",
    "loss_fn = t.nn.CrossEntropyLoss()": "t",
    "alpha = label == 0": "label",
    "loss_fn = nn.CrossEntropyLoss().to(device)": "device",
    "train(...)": "train",
    "scheduler_input = val_acc": "val_acc",
    "if resume: pass": "resume",
    "os.path.join('model', 'checkpoint.pth.tar')": "os",
    "shutil.copy('a', 'b')": "shutil",
}
for block, name in blocks.items():
    raised = ""
    try:
        exec(block, {"torch": torch, "nn": nn})
    except NameError as error:
        raised = str(error)
    assert raised.startswith(f"name '{name}' is not defined"), (block, raised)
