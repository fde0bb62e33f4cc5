import io
import mmap
import os
import pickle
import re
import resource
import socket
import sys
import traceback
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributed import TCPStore
from torch.utils.data import DataLoader, Dataset, TensorDataset

from harness import SNIPPETS, in_child

DOCS = SNIPPETS.parent / "docs"


class Lengths(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.ones(index + 1)


class Dies(Lengths):
    def __getitem__(self, index):
        os._exit(1)


def saved(value):
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return file


def changed_in_place():
    y = torch.ones(2, requires_grad=True).sigmoid()
    y += 1
    y.sum().backward()


def twice():
    y = torch.ones(2, requires_grad=True).square().sum()
    y.backward()
    y.backward()


def leaf():
    w = torch.ones(2, requires_grad=True)
    w += 1


class Unstarted(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(2, 2)


class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 2)]


def port_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        TCPStore("127.0.0.1", taken.getsockname()[1], 1, is_master=True)


def kept_batches(strategy, limit=128):
    """Keep more batches from a worker than files may be open; return what is raised."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    torch.multiprocessing.set_sharing_strategy(strategy)
    loader = DataLoader(TensorDataset(torch.ones(2 * limit)), num_workers=1)
    try:
        return len(list(loader))
    except RuntimeError as e:
        return str(e)


RAISED = {
    "mat1 and mat2 shapes cannot be multiplied (32x512 and 784x10)": (
        lambda: nn.Linear(784, 10)(torch.ones(32, 512))
    ),
    "The size of tensor a (3) must match the size of tensor b (4) "
    "at non-singleton dimension 0": lambda: torch.ones(3) + torch.ones(4),
    "Given groups=1, weight of size [8, 3, 3, 3], expected input[4, 1, 32, 32] "
    "to have 3 channels, but got 1 channels instead": (
        lambda: nn.Conv2d(3, 8, 3)(torch.ones(4, 1, 32, 32))
    ),
    "stack expects each tensor to be equal size, but got [1] at entry 0 and [2] at entry 1": (
        lambda: next(iter(DataLoader(Lengths(), batch_size=2)))
    ),
    "view size is not compatible with input tensor's size and stride (at least one dimension "
    "spans across two contiguous subspaces). Use .reshape(...) instead.": (
        lambda: torch.ones(2, 3).transpose(0, 1).view(6)
    ),
    "shape '[32, 784]' is invalid for input of size 25600": (
        lambda: torch.ones(32, 800).view(32, 784)
    ),
    "Sizes of tensors must match except in dimension 1.": (
        lambda: torch.cat([torch.ones(2, 3), torch.ones(4, 5)], dim=1)
    ),
    "The expanded size of the tensor (4) must match the existing size (3) "
    "at non-singleton dimension 0.": lambda: torch.ones(3).expand(4),
    "Dimension out of range (expected to be in range of [-2, 1], but got 2)": (
        lambda: torch.ones(2, 3).sum(dim=2)
    ),
    "too many indices for tensor of dimension 2": lambda: torch.ones(2, 3)[0, 0, 0],
    "Expected input batch_size (8) to match target batch_size (4).": (
        lambda: F.cross_entropy(torch.ones(8, 3), torch.tensor([0, 1, 2, 0]))
    ),
    "can't convert np.ndarray of type numpy.object_": (
        lambda: torch.tensor(np.array([1, None], dtype=object))
    ),
    "only one element tensors can be converted to Python scalars": lambda: float(torch.ones(2)),
    "cannot assign module before Module.__init__() call": Unstarted,
    "optimizer got an empty parameter list": (
        lambda: torch.optim.SGD(Listed().parameters(), lr=0.1)
    ),
    "The server socket has failed to listen on any local network address.": port_taken,
    "mat1 and mat2 must have the same dtype, but got Double and Float": (
        lambda: nn.Linear(4, 3)(torch.from_numpy(np.ones((2, 4))))
    ),
    "Input type (double) and bias type (float) should be the same": (
        lambda: nn.Conv2d(3, 8, 3)(torch.ones(4, 3, 8, 8).double())
    ),
    "expected target dtype to be Long or Byte, but got Float": (
        lambda: F.cross_entropy(torch.ones(2, 3), torch.zeros(2))
    ),
    "Target 3 is out of bounds.": (lambda: F.cross_entropy(torch.ones(2, 3), torch.tensor([0, 3]))),
    "index out of range in self": lambda: nn.Embedding(10, 4)(torch.tensor([10])),
    "grad can be implicitly created only for scalar outputs": (
        lambda: torch.ones(2, requires_grad=True).backward()
    ),
    "element 0 of tensors does not require grad and does not have a grad_fn": (
        lambda: torch.ones(2).sum().backward()
    ),
    "Trying to backward through the graph a second time": twice,
    "one of the variables needed for gradient computation has been modified "
    "by an inplace operation": changed_in_place,
    "a leaf Variable that requires grad is being used in an in-place operation.": leaf,
    "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.": (
        lambda: torch.ones(2, requires_grad=True).numpy()
    ),
    "Error(s) in loading state_dict for Linear:": (
        lambda: nn.Linear(4, 3).load_state_dict({"module.weight": torch.ones(3, 4)})
    ),
    "Weights only load failed.": lambda: torch.load(saved(nn.Linear(2, 2))),
    "DataLoader worker (pid(s) 1234) exited unexpectedly": (
        lambda: next(iter(DataLoader(Dies(), num_workers=1)))
    ),
    "Can't pickle local object": lambda: pickle.dumps(lambda: 0),
}
OLDER = {
    "expected target dtype to be Long or Byte, but got Float": (
        "expected scalar type Long but found Float"
    ),
    "Can't pickle local object": "Can't get local object",
}
# raised by a test of its own, or told beside another one
BESIDE = (
    "Too many open files",
    "received 0 items of ancdata",
    "address already in use",
)
ONLY_CUDA = (
    "Expected all tensors to be on the same device, but found at least two devices, "
    "cuda:0 and cpu!",
    "but got mat1 is on cpu, different from other tensors on cuda:0",
    "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor "
    "to host memory first.",
    "Torch not compiled with CUDA enabled",
    "CUDA error: device-side assert triggered",
    "CUDA error: an illegal memory access was encountered",
    "CUDA error: no kernel image is available for execution on the device",
    "CUDA out of memory.",
)


def entry(language, anchor):
    text = (DOCS / language / "debugging" / "errors.md").read_text(encoding="utf-8")
    return text.partition(f"{{ #{anchor} }}")[2].partition("\n## ")[0]


@pytest.mark.claim(
    "debugging/errors#error-decoder",
    "They raise the first message of every other item, in torch 2.14",
    "a label or an index is too large or negative",
)
@pytest.mark.parametrize("message", RAISED)
def test_error_decoder_raises(message):
    try:
        RAISED[message]()
    except Exception as e:
        said = re.sub(r"pid\(s\) \d+", "pid(s) 1234", str(e))
    assert said.startswith((message, OLDER.get(message, message)))
    if torch.__version__ >= "2.14" and "local object" not in message:
        assert said.startswith(message)


@pytest.mark.claim("debugging/errors#error-decoder", "Here are 36 messages that people paste often")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_error_decoder_quotes(language):
    section = entry(language, "error-decoder")
    for message in (*RAISED, *OLDER.values(), *BESIDE, *ONLY_CUDA):
        assert f"`{message}`" in section
    items = re.findall(r"^- `", section, re.MULTILINE)
    assert len(items) == 36


@pytest.mark.claim(
    "debugging/errors#error-decoder",
    "are quoted from the sources of torch and of the CUDA runtime",
    "write x.detach().cpu().numpy()",
)
def test_error_decoder_cuda():
    with pytest.raises(TypeError) as caught:
        torch.ones(2, device="meta").numpy()
    assert str(caught.value).replace("meta", "cuda:0") == ONLY_CUDA[2]
    assert torch.ones(2, requires_grad=True).mul(2).detach().cpu().numpy().tolist() == [2, 2]
    library = Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as words:
        for part in (
            ONLY_CUDA[0].partition("cuda")[0],
            "Expected all tensors to be on the same device, but got ",
            ", different from other tensors on ",
        ):
            assert words.find(part.encode()) > 0
    assert "Torch not compiled with CUDA enabled" in Path(torch.cuda.__file__).read_text()
    assert issubclass(torch.OutOfMemoryError, RuntimeError)


@pytest.mark.claim(
    "debugging/errors#error-decoder",
    "each tensor from a worker keeps a file open, and many are kept, as in a list of batches",
    'Call torch.multiprocessing.set_sharing_strategy("file_system") at the start',
)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, tensors are shared by file names")
def test_error_decoder_open_files():
    message = "Too many open files. Communication with the workers is no longer possible."
    assert message in in_child(kept_batches, "file_descriptor")
    assert in_child(kept_batches, "file_system") == 256


@pytest.mark.claim(
    "debugging/errors#error-decoder",
    "at its end address already in use",
)
def test_error_decoder_port():
    with pytest.raises(RuntimeError, match="address already in use"):
        port_taken()


@pytest.mark.claim(
    "debugging/errors#error-decoder",
    "Pass the dimension in which they differ, or pad or crop the others",
    "expand and assignments such as x[0] = y stretch only dimensions of size 1",
    "pass another dim, or add the missing dimension with unsqueeze",
    "with a label per token, flatten both: logits.flatten(0, 1) and labels.flatten()",
    'Write array.astype("float32"), in which None becomes NaN',
    "int(x), float(x), or torch.tensor([a, b]) met a tensor of several elements",
    "join tensors with torch.stack([a, b])",
    "super().__init__() is missing, or comes after the first layer",
    "mostly because its layers are in a plain list or dict, or model.parameters(), a generator, "
    "was used up before",
)
def test_error_decoder_more_cures():
    assert torch.cat([torch.ones(2, 3), torch.ones(4, 3)], dim=0).shape == (6, 3)
    x, y = torch.ones(2, 4), torch.ones(3)
    with pytest.raises(RuntimeError, match="The expanded size of the tensor"):
        x[0] = y
    x[0] = torch.ones(1)
    assert y.unsqueeze(1).expand(3, 4).shape == (3, 4)
    assert x.unsqueeze(0).sum(dim=2).shape == (1, 2) and x.unsqueeze(0)[0, 0, 0] == 1
    image = torch.ones(4, 2, 8)
    with pytest.raises(
        ValueError, match=re.escape("batch_size (8) to match target batch_size (4)")
    ):
        F.cross_entropy(image.view(-1, 8), torch.ones(4).long())
    F.cross_entropy(image.flatten(1), torch.ones(4).long())
    F.cross_entropy(image.flatten(0, 1), torch.ones(4, 2).long().flatten())
    for kind in ([1, "a"], [1, None], [[1], [1, 2]]):
        with pytest.raises(TypeError, match=r"numpy\.object_"):
            torch.from_numpy(np.array(kind, dtype=object))
    floats = torch.tensor(np.array([1, None], dtype=object).astype("float32"))
    assert floats[0] == 1 and floats[1].isnan()
    for convert in (int, float, lambda t: torch.tensor([t, t])):
        with pytest.raises(ValueError, match="only one element tensors"):
            convert(x)
    assert torch.stack([x, x]).shape == (2, 2, 4) and x.mean().item() == 1

    class Late(nn.Module):
        def __init__(self):
            with suppress(AttributeError):
                self.first = nn.Linear(2, 2)
                pytest.fail("registered too early")
            super().__init__()
            self.second = nn.Linear(2, 2)

    assert list(dict(Late().named_children())) == ["second"]
    parameters = nn.Linear(2, 2).parameters()
    torch.optim.SGD(parameters, lr=0.1)
    with pytest.raises(ValueError, match="optimizer got an empty parameter list"):
        torch.optim.SGD(parameters, lr=0.1)
    assert not [*Listed().parameters()]
    assert len([*nn.ModuleList(Listed().layers).parameters()]) == 2


@pytest.mark.claim(
    "debugging/errors#error-decoder",
    "This adds shapes, dtypes, and devices",
    "If nothing catches the exception, the notes end its traceback",
)
def test_error_decoder(run):
    explain = run("debugging/errors/error_decoder.py")["explain"]
    x = torch.ones(2, 5, dtype=torch.float64)
    with pytest.raises(ZeroDivisionError) as caught, explain(x=x, s=torch.tensor(1)):
        _ = 1 / 0
    notes = ["x: [2, 5] torch.float64 cpu", "s: [] torch.int64 cpu"]
    assert caught.value.__notes__ == notes
    assert traceback.format_exception(caught.value)[-2:] == [n + "\n" for n in notes]
    with explain(x=x):
        pass


@pytest.mark.claim(
    "debugging/errors#error-decoder",
    "Call flatten(1) before the layer, or set in_features=512",
    "shapes are aligned from the right, and each pair must be equal or hold a 1",
    "For a gray image, expand it to 3; for (N, H, W, C), call permute(0, 3, 1, 2)",
    "Use reshape",
    "class labels for cross_entropy must be int64; floats are probabilities, in the shape of the logits",
    "Write y = y + 1, not y += 1",
    "change parameters inside with torch.no_grad():",
    "Pass weights_only=False only for a file that you trust: it can run code",
)
def test_error_decoder_cures():
    assert nn.Linear(784, 10)(torch.ones(32, 1, 28, 28).flatten(1)).shape == (32, 10)
    torch.ones(2, requires_grad=True).mean().backward()
    assert (torch.ones(3).unsqueeze(1) + torch.ones(4)).shape == (3, 4)
    conv = nn.Conv2d(3, 8, 3)
    assert conv(torch.ones(4, 1, 32, 32).expand(-1, 3, -1, -1)).shape[1] == 8
    assert conv(torch.ones(4, 32, 32, 3).permute(0, 3, 1, 2)).shape[1] == 8
    assert torch.ones(2, 3).transpose(0, 1).reshape(6).shape == (6,)
    logits = torch.ones(2, 3)
    assert F.cross_entropy(logits, torch.zeros(2).long()).isfinite()
    assert F.cross_entropy(logits, torch.full((2, 3), 1 / 3)).isfinite()
    w = torch.ones(2, requires_grad=True)
    y = w.sigmoid()
    y = y + 1
    y.sum().backward()
    assert w.grad is not None
    with torch.no_grad():
        w += 1
    assert isinstance(torch.load(saved(nn.Linear(2, 2)), weights_only=False), nn.Linear)
    torch.load(saved(nn.Linear(2, 2).state_dict()))


@pytest.mark.claim(
    "debugging/errors#error-decoder",
    "torch.autograd.set_detect_anomaly(True) shows the forward line whose result was changed",
)
def test_error_decoder_in_place_line():
    w = torch.ones(2, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        y = w.sigmoid()
        y += 1
        with pytest.raises(RuntimeError, match="inplace"):
            y.sum().backward()
    assert any("y = w.sigmoid()" in str(s.message) for s in seen)


@pytest.mark.claim(
    "debugging/errors#device-side-assert",
    "Check the labels before the loss",
    'a -1 or 255 for "no label", without ignore_index',
)
def test_device_side_assert(run):
    names = run("debugging/errors/device_side_assert.py")
    logits, wrong, y = names["logits"], names["wrong"].cpu(), names["y"].cpu()
    assert wrong.tolist() == [False, False, False, True, False, False, False, False]
    logits = logits.detach().cpu()
    assert F.cross_entropy(logits, y).isfinite()
    for label in (3, -1, 255, -101):
        with pytest.raises(IndexError, match=f"Target {label} is out of bounds"):
            F.cross_entropy(logits, torch.full((8,), label))
    for ignored in (-1, 255):
        y[0] = ignored
        assert F.cross_entropy(logits, y.where(y != -100, ignored), ignore_index=ignored) > 0


@pytest.mark.claim(
    "debugging/errors#device-side-assert",
    "There, the same mistake raises an ordinary exception at the line that made it",
    "BCELoss on values outside 0 to 1, NaN among them",
)
def test_device_side_assert_on_cpu(run):
    names = run("debugging/errors/device_side_assert_on_cpu.py")
    assert names["model"](torch.tensor([[0, 99]])).isfinite().all()
    i, x = torch.tensor([3]), torch.ones(3)
    for mistake in (
        lambda: names["model"](torch.tensor([-1])),
        lambda: x[i],
        lambda: x.gather(0, i),
        lambda: x.index_select(0, i),
        lambda: x.scatter(0, i, 1.0),
        lambda: x.index_add(0, i, torch.ones(1)),
        lambda: F.one_hot(i, 3),
        lambda: F.binary_cross_entropy(x * 1.1, x),
        lambda: F.binary_cross_entropy(x, x * 1.1),
        lambda: F.binary_cross_entropy(x * torch.nan, x),
        lambda: torch.multinomial(torch.tensor([1.0, torch.nan]), 1),
    ):
        with pytest.raises((IndexError, RuntimeError)):
            mistake()


def hooked(run, model):
    stop = run("debugging/errors/nan_hunting.py")["stop"]
    for name, module in model.named_modules():
        module.register_forward_hook(lambda m, a, out, n=name: stop(n, m, a, out))
    return model


class Pair(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.inner = nn.Linear(2, 2)
        self.factor = factor

    def forward(self, x):
        return {"n": torch.tensor(1), "both": (self.inner(x), self.inner(x) * self.factor)}


@pytest.mark.claim(
    "debugging/errors#nan-hunting",
    "These hooks stop at the first layer whose output is NaN or infinite, and name it",
    "A layer is also named if NaN came in",
    "Computations between them show up at the module around them, "
    "and those in the loss function do not show up, "
    "unless it is a module with a hook of its own",
)
def test_nan_hunting(run):
    names = run("debugging/errors/nan_hunting.py")
    with pytest.raises(FloatingPointError, match="2: Log"):
        names["model"](names["x"])
    hooked(run, Pair(2.0))(torch.ones(1, 2))
    for factor in (torch.nan, torch.inf):
        with pytest.raises(FloatingPointError, match=r"^: Pair"):
            hooked(run, Pair(factor))(torch.ones(1, 2))
        with pytest.raises(FloatingPointError, match=r"^inner: Linear"):
            hooked(run, Pair(1.0))(torch.ones(1, 2) * factor)
    prediction = hooked(run, nn.Identity())(torch.zeros(1))
    assert F.mse_loss(prediction.log(), torch.ones(1)).isinf()
    with pytest.raises(FloatingPointError, match="MSELoss"):
        hooked(run, nn.MSELoss())(prediction.log(), torch.ones(1))


@pytest.mark.claim(
    "debugging/errors#nan-hunting",
    "a warning above shows the line of the forward pass that belongs to it",
    "Anomaly detection does not raise for an infinite gradient",
)
def test_nan_hunting_backward(run):
    names = run("debugging/errors/nan_hunting_backward.py")
    assert names["loss"].item() == 1
    assert names["where"].strip() == "loss = (x.sqrt() * x.sign()).sum()"
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        x.sqrt().sum().backward()
        assert x.grad.isinf().any()
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            loss = (x.sqrt() * x.sign()).sum()
            with pytest.raises(RuntimeError, match="SqrtBackward0"):
                loss.backward()
    assert any("loss = (x.sqrt() * x.sign()).sum()" in str(s.message) for s in seen)


@pytest.mark.claim(
    "debugging/errors#nan-hunting", "clip_grad_norm_(…, error_if_nonfinite=True) raises for either"
)
@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_nan_hunting_clip(bad):
    w = nn.Parameter(torch.ones(2))
    w.grad = torch.tensor([bad, 1.0])
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)


@pytest.mark.claim(
    "debugging/errors#nan-hunting",
    "one step later, all weights can be NaN",
    "In float16, values from 65520 on become inf",
    "the learning rate is too high",
    "log of 0 or a negative number, 0 / 0, the gradient of sqrt at 0, "
    "or that of the branch which torch.where does not take",
    "in attention, a row that is masked entirely (scaled_dot_product_attention gives 0, not NaN)",
    "a mean over nothing, such as cross_entropy where each label is ignore_index, "
    "or std() of one value",
    "does not repair weights that are NaN already",
)
@pytest.mark.filterwarnings("ignore:std")
def test_nan_hunting_sources():
    assert torch.tensor(65519.0).half().isfinite() and torch.tensor(65520.0).half().isinf()
    zero = torch.zeros(1, requires_grad=True)
    assert zero.log().isinf() and (zero * zero.log()).isnan() and (zero - 1).log().isnan()
    assert (zero / zero).isnan()
    assert torch.autograd.grad(zero.sqrt().sum(), zero)[0].isinf()
    chosen = torch.where(zero > 0, zero.sqrt(), zero)
    assert torch.autograd.grad(chosen.sum(), zero)[0].isnan()
    assert torch.full((3,), -torch.inf).softmax(0).isnan().all()
    q, masked = torch.ones(2, 4), torch.zeros(2, 2, dtype=torch.bool)
    assert not F.scaled_dot_product_attention(q, q, q, attn_mask=masked).any()
    assert F.cross_entropy(torch.ones(2, 3), torch.full((2,), -100)).isnan()
    assert torch.ones(0).mean().isnan() and torch.ones(1).std().isnan()
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e4)
    x = torch.randn(8, 4)
    for _ in range(20):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
    assert not all(p.isfinite().all() for p in model.parameters())
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters())
    (model(x).mean() * torch.nan).backward()
    optimizer.step()
    assert all(p.isnan().all() for p in model.parameters())
    optimizer.zero_grad()
    model(x).mean().nan_to_num().backward()
    optimizer.step()
    assert all(p.isnan().all() for p in model.parameters())


def fitted(x, y, model=None, **options):
    torch.manual_seed(0)
    model = model or nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 3))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(150):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y, **options)
        loss.backward()
        optimizer.step()
    return loss.item()


@pytest.mark.claim(
    "debugging/errors#overfit-one-batch",
    "The loss should fall to nearly 0",
    "At first, the loss of C classes is about ln C",
    "each next(iter(loader)) gives another one",
    "With label smoothing, nn.CrossEntropyLoss cannot reach 0",
    "A batch with shuffled labels is learned as well",
)
def test_overfit_one_batch(run):
    names = run("debugging/errors/overfit_one_batch.py")
    assert names["loss"].item() < 0.02
    loader, x, y = names["loader"], names["x"].cpu(), names["y"].cpu()
    assert not torch.equal(next(iter(loader))[0], next(iter(loader))[0])
    assert fitted(x, y[torch.randperm(len(y))]) < 0.01
    assert fitted(x, y, label_smoothing=0.1) > 0.29
    for classes in (2, 10, 1000):
        first = F.cross_entropy(nn.Linear(20, classes)(x), torch.arange(32) % classes)
        assert abs(first.item() - torch.tensor(float(classes)).log().item()) < 0.3
        far = F.cross_entropy(100 * nn.Linear(20, classes)(x), torch.arange(32) % classes)
        assert far > 3 * first


@pytest.mark.claim(
    "debugging/errors#overfit-one-batch",
    "Here a detach() cuts off the body, and one layer is never used",
)
def test_overfit_one_batch_flow(run):
    model = run("debugging/errors/overfit_one_batch_flow.py")["model"]
    without = {n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()}
    assert without == {"body.weight", "body.bias", "spare.weight", "spare.bias"}
    assert model.body.weight.grad is None and model.head.weight.grad.any()


@pytest.mark.claim(
    "debugging/errors#overfit-one-batch",
    "A wrong reshape or permute can mix samples of a batch, and the loss falls all the same",
    "BatchNorm mixes samples in training mode on purpose",
)
def test_overfit_one_batch_mixing(run):
    names = run("debugging/errors/overfit_one_batch_mixing.py")
    assert not names["others"].any() and names["x"].grad[0].any()

    def mixes(model):
        x = torch.randn(8, 4, requires_grad=True)
        model(x)[0].sum().backward()
        return bool(x.grad[1:].any())

    class Wrong(nn.Module):
        def forward(self, x):
            return x.T.reshape(x.shape)

    assert mixes(Wrong())
    norm = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU())
    assert mixes(norm.train()) and not mixes(norm.eval())
    x = torch.randn(32, 20)
    model = nn.Sequential(Wrong(), nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 3))
    assert fitted(x, torch.randint(3, (32,)), model) < 0.01
