import pytest
import torch
from torch import nn
from torchinfo import summary

READER = {"model_summary": "images = x"}


@pytest.mark.claim(
    "models/inspect#parameter-count",
    "Those whose requires_grad is True are trainable, and nbytes gives the memory of the weights",
)
def test_parameter_count(run):
    names = run("models/inspect/parameter_count.py")
    model, first, last = names["model"], 784 * 256 + 256, 256 * 10 + 10
    assert names["total"] == first + last == sum(map(len, map(torch.flatten, model.parameters())))
    assert names["trainable"] == last
    assert names["size"] == 4 * (first + last)
    half = nn.Linear(3, 3, dtype=torch.bfloat16)
    assert sum(p.nbytes for p in half.parameters()) == 2 * (9 + 3)


@pytest.mark.claim(
    "models/inspect#parameter-count",
    "yields a shared parameter once, so the counts of the parts can add up to more than the total",
    "it lists a shared parameter under each of its names, "
    "and buffers such as the statistics of BatchNorm besides",
)
def test_parameter_count_of_shared_parameters():
    model = nn.Sequential(nn.Embedding(100, 8), nn.BatchNorm1d(8), nn.Linear(8, 100, bias=False))
    model[2].weight = model[0].weight
    total = sum(p.numel() for p in model.parameters())
    parts = [sum(p.numel() for p in child.parameters()) for child in model.children()]
    stored = model.state_dict()
    assert total == 800 + 16 and sum(parts) == total + 800
    assert {"0.weight", "1.running_mean", "2.weight"} < set(stored)
    assert sum(t.numel() for t in stored.values()) == total + 800 + (8 + 8 + 1)


@pytest.mark.claim(
    "models/inspect#parameter-count",
    "have no shape before the first forward pass, and numel() raises ValueError",
)
def test_parameter_count_of_a_lazy_layer():
    lazy = nn.LazyLinear(3)
    with pytest.raises(ValueError, match="uninitialized parameter"):
        sum(p.numel() for p in lazy.parameters())
    lazy(torch.ones(1, 4))
    assert sum(p.numel() for p in lazy.parameters()) == 4 * 3 + 3


@pytest.mark.claim(
    "models/inspect#inspect-parameters",
    "after backward(): each parameter tells its shape, its gradient, and whether it is trainable",
    "named_parameters() lists frozen parameters too: filter by requires_grad",
)
def test_inspect_parameters(run):
    names = run("models/inspect/inspect_parameters.py")
    model = names["model"]
    listed = dict(model.named_parameters())
    assert set(listed) == {f"{i}.{n}" for i in (0, 1, 3) for n in ("weight", "bias")}
    assert {n for n, p in listed.items() if p.grad is None} == {"0.weight", "0.bias"}
    assert names["trainable"] == ["1.weight", "1.bias", "3.weight", "3.bias"]
    assert names["weight"] is model[3].weight
    assert names["grad"] == f"{model[3].bias.grad.norm():.3f}"  # of the last one
    assert set(names["buffers"]) == {f"1.{n}" for n, _ in model[1].named_buffers()}


@pytest.mark.claim(
    "models/inspect#inspect-parameters",
    "backward() has not run yet, the gradients were zeroed, the parameter is frozen, "
    "or the loss does not depend on it, "
    "because its layer is not used or a detach() lies in between",
)
def test_inspect_parameters_without_gradients():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.cut, self.frozen, self.last, self.unused = (
                nn.Linear(3, 3) for _ in range(5)
            )
            self.frozen.requires_grad_(False)

        def forward(self, x):
            return self.last(self.frozen(self.first(x)) + self.cut(x).detach())

    def without(model):
        return {n.split(".")[0] for n, p in model.named_parameters() if p.grad is None}

    model, everything = Net(), {"first", "cut", "frozen", "last", "unused"}
    loss = model(torch.randn(16, 3)).sum()
    assert without(model) == everything
    loss.backward()
    assert without(model) == {"cut", "frozen", "unused"}  # what lies before a frozen one has some
    model.zero_grad()
    assert without(model) == everything


@pytest.mark.claim(
    "models/inspect#inspect-parameters",
    "state_dict() cannot be filtered so, because its tensors are detached (unless keep_vars=True)",
)
def test_inspect_parameters_state_dict(run):
    model = run("models/inspect/inspect_parameters.py")["model"]
    state = model.state_dict()
    buffers = {name for name, _ in model.named_buffers()}
    assert buffers == {"1.running_mean", "1.running_var", "1.num_batches_tracked"}
    assert set(state) == buffers | {name for name, _ in model.named_parameters()}
    assert not any(t.requires_grad or t.grad_fn for t in state.values())
    assert all(t.grad is None for t in state.values())
    kept = model.state_dict(keep_vars=True)
    assert kept["3.weight"] is model[3].weight and kept["3.weight"].requires_grad


@pytest.mark.claim(
    "models/inspect#inspect-parameters",
    "an optimizer built from model.parameters() does not change them. named_buffers() lists them",
)
def test_inspect_parameters_buffers(run):
    model = run("models/inspect/inspect_parameters.py")["model"]
    before = {n: b.clone() for n, b in model.named_buffers()}
    assert "1.running_mean" in before
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    weight = model[3].weight.clone()
    optimizer.step()
    assert not torch.equal(weight, model[3].weight)
    assert all(torch.equal(b, before[n]) for n, b in model.named_buffers())


@pytest.mark.claim(
    "models/inspect#model-summary",
    "lists each layer's output shape and parameter count",
    "Units.MEGABYTES stands for millions",
)
def test_model_summary(run):
    names = run("models/inspect/model_summary.py")
    model, info = names["model"], names["info"]
    assert info.total_params == sum(p.numel() for p in model.parameters()) == 330
    layers = [(type(i.module), i.output_size, i.num_params) for i in info.summary_list[1:]]
    assert layers[0] == (nn.Conv2d, [1, 8, 32, 32], 224)
    assert layers[-1] == (nn.Linear, [1, 10], 90)
    # Of the convolution, of the norm, of the linear layer.
    assert info.total_mult_adds == 224 * 32 * 32 + 16 + 90 == 229_482
    assert "Total mult-adds (Units.MEGABYTES): 0.23\n" in str(info)


@pytest.mark.claim("models/inspect#model-summary", "Units.GIGABYTES for billions")
def test_model_summary_of_a_large_layer():
    model = nn.Linear(40_000, 30_000, device="meta")
    x = torch.zeros(1, 40_000, device="meta")
    info = summary(model, input_data=x, verbose=0)
    assert info.total_mult_adds == 40_000 * 30_000 + 30_000
    assert "Total mult-adds (Units.GIGABYTES): 1.20\n" in str(info)


def test_model_summary_leaves_the_statistics_alone(run):
    model = run("models/inspect/model_summary.py")["model"]
    assert model.training
    norm = model[1]
    assert norm.num_batches_tracked == 0
    assert not norm.running_mean.any() and (norm.running_var == 1).all()


@pytest.mark.claim(
    "models/inspect#model-summary",
    "runs one forward pass",
    'The forward pass runs in evaluation mode unless you pass mode="train"',
)
def test_model_summary_runs_one_forward_pass_in_evaluation_mode():
    modes = []

    class Net(nn.Linear):
        def forward(self, x):
            modes.append((self.training, torch.is_grad_enabled()))
            return super().forward(x)

    net = Net(3, 3)
    summary(net, input_data=torch.zeros(2, 3), verbose=0)
    assert modes == [(False, False)] and net.training
    summary(net.eval(), input_data=torch.zeros(2, 3), verbose=0, mode="train")
    assert modes[1:] == [(True, False)] and not net.training


@pytest.mark.claim(
    "models/inspect#model-summary",
    "every submodule gets the mode of the model itself, "
    "so a BatchNorm that you had set to eval() is back in training mode",
)
def test_model_summary_puts_a_frozen_norm_back_into_training_mode():
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    model[1].eval()
    summary(model, input_data=torch.zeros(2, 3), verbose=0)
    assert model.training and model[1].training


@pytest.mark.claim(
    "models/inspect#model-summary",
    "With input_data and no device, the model stays where it is",
    "With input_size alone, the model moves to the GPU where CUDA is available, else to the CPU",
)
@pytest.mark.parametrize("cuda", [True, False])
def test_model_summary_device(monkeypatch, cuda):
    moved = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(nn.Module, "to", lambda self, device: moved.append(str(device)) or self)
    model = nn.Linear(3, 3)
    summary(model, input_data=torch.zeros(2, 3), verbose=0)
    assert moved == []
    summary(model, input_size=(2, 3), device="cpu", verbose=0)
    assert moved == ["cpu"]
    # Here the input cannot follow to the GPU that there is not.
    monkeypatch.setattr(torch.Tensor, "to", lambda self, *args, **kwargs: self)
    summary(model, input_size=(2, 3), verbose=0)
    assert moved == ["cpu", "cuda" if cuda else "cpu"]


@pytest.mark.claim(
    "models/inspect#model-summary",
    "the input must be on its device",
)
def test_model_summary_input_on_another_device():
    with pytest.raises(RuntimeError, match="Failed to run torchinfo"):
        summary(nn.Linear(3, 3, device="meta"), input_data=torch.zeros(2, 3), verbose=0)


@pytest.mark.claim(
    "models/inspect#model-summary",
    "input_size makes float32 inputs. For token indices, pass a tensor as input_data",
)
def test_model_summary_of_token_indices():
    model = nn.Embedding(10, 4)
    with pytest.raises(RuntimeError, match="Failed to run torchinfo"):
        summary(model, input_size=(2, 3), verbose=0)
    tokens = torch.zeros(2, 3, dtype=torch.long)
    assert summary(model, input_data=tokens, verbose=0).total_params == 40
    dtypes = []
    hooked = nn.Linear(3, 3)
    hooked.register_forward_pre_hook(lambda m, args: dtypes.append(args[0].dtype))
    summary(hooked, input_size=(2, 3), verbose=0)
    assert dtypes == [torch.float32]


@pytest.mark.claim(
    "models/inspect#model-summary",
    "A layer used several times counts once, but a weight shared by two layers counts twice",
)
def test_model_summary_of_shared_layers_and_shared_weights():
    layer = nn.Linear(3, 3)
    twice = nn.Sequential(layer, nn.ReLU(), layer)
    assert summary(twice, input_data=torch.zeros(2, 3), verbose=0).total_params == 12

    tied = nn.Sequential(nn.Embedding(100, 8), nn.Linear(8, 100, bias=False))
    tied[1].weight = tied[0].weight
    tokens = torch.zeros(2, 5, dtype=torch.long)
    assert summary(tied, input_data=tokens, verbose=0).total_params == 1600
    assert sum(p.numel() for p in tied.parameters()) == 800


def test_model_summary_of_an_lstm():
    class Tagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(100, 8)
            self.lstm = nn.LSTM(8, 16, batch_first=True)
            self.head = nn.Linear(16, 4)

        def forward(self, tokens):
            return self.head(self.lstm(self.embedding(tokens))[0])

    model = Tagger()
    info = summary(model, input_data=torch.zeros(2, 5, dtype=torch.long), verbose=0)
    assert info.total_params == sum(p.numel() for p in model.parameters())
    sizes = {i.var_name: i.output_size for i in info.summary_list}
    assert sizes["lstm"] == [2, 5, 16] and sizes["head"] == [2, 5, 4]
