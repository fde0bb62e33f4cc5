import pytest
import torch
from torch import nn
from torchinfo import summary


def test_parameter_count(run):
    names = run("models/inspect/parameter_count.py")
    model, embedding, linear, norm = names["model"], 100 * 8, 8 * 8 + 8, 8 + 8
    buffers = sum(b.numel() for b in model.buffers())
    assert model[3].weight is model[0].weight and model[0].weight.shape == (100, 8)
    assert (model[3].in_features, model[3].out_features) == (8, 100)
    assert model(torch.tensor([1, 2, 3])).shape == (3, 100)  # it is a model that runs
    assert names["total"] == embedding + linear + norm
    assert names["trainable"] == embedding + norm
    # "`state_dict` adds the buffers and counts shared parameters twice"
    assert buffers == 8 + 8 + 1
    assert names["stored"] == names["total"] + buffers + embedding


def test_parameter_count_of_a_lazy_layer():
    lazy = nn.LazyLinear(3)
    with pytest.raises(ValueError, match="uninitialized parameter"):
        sum(p.numel() for p in lazy.parameters())
    lazy(torch.ones(1, 4))
    assert sum(p.numel() for p in lazy.parameters()) == 4 * 3 + 3


def test_inspect_parameters(run):
    names = run("models/inspect/inspect_parameters.py")
    model = names["model"]
    grads = {name: p.grad is not None for name, p in model.named_parameters()}
    # "frozen, or the loss does not use it"
    assert {name.split(".")[0] for name, has in grads.items() if has} == {"norm", "head"}
    frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
    assert frozen == {"stem.weight", "stem.bias"}
    assert model.head.bias.grad.tolist() == [16, 16]
    assert names["weight"] is model.head.weight
    assert names["norm"] is None  # of the last one, unused.bias


def test_inspect_parameters_before_backward(run):
    model = type(run("models/inspect/inspect_parameters.py")["model"])()
    loss = model(torch.randn(16, 3)).sum()
    assert all(p.grad is None for p in model.parameters())
    loss.backward()
    assert model.stem.weight.grad is not None
    model.zero_grad()  # "or the gradients were zeroed"
    assert all(p.grad is None for p in model.parameters())


def test_inspect_parameters_state_dict(run):
    model = run("models/inspect/inspect_parameters.py")["model"]
    state = model.state_dict()
    buffers = {name for name, _ in model.named_buffers()}
    assert buffers == {"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}
    assert set(state) == buffers | {name for name, _ in model.named_parameters()}
    # "all its tensors are detached"
    assert not any(t.requires_grad or t.grad_fn for t in state.values())
    assert all(t.grad is None for t in state.values())


def test_model_summary(run):
    names = run("models/inspect/model_summary.py")
    model, info = names["model"], names["info"]
    assert info.total_params == sum(p.numel() for p in model.parameters()) == 330
    layers = [(type(i.module), i.output_size, i.num_params) for i in info.summary_list[1:]]
    assert layers[0] == (nn.Conv2d, [1, 8, 8, 8], 224)
    assert layers[-1] == (nn.Linear, [1, 10], 90)
    # "multiply-adds are in millions": of the convolution, of the norm, of the linear layer
    assert info.total_mult_adds == 224 * 8 * 8 + 16 + 90 == 14442
    assert "Total mult-adds (Units.MEGABYTES): 0.01\n" in str(info)


def test_model_summary_leaves_the_statistics_alone(run):
    norm = run("models/inspect/model_summary.py")["model"][1]
    assert norm.num_batches_tracked == 0
    assert not norm.running_mean.any() and (norm.running_var == 1).all()


def test_model_summary_runs_one_forward_pass_in_evaluation_mode():
    modes = []

    class Net(nn.Linear):
        def forward(self, x):
            modes.append((self.training, torch.is_grad_enabled()))
            return super().forward(x)

    net = Net(3, 3)
    summary(net, input_data=torch.zeros(2, 3), verbose=0)
    assert modes == [(False, False)] and net.training


def test_model_summary_puts_a_frozen_norm_back_into_training_mode():
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    model[1].eval()
    summary(model, input_data=torch.zeros(2, 3), verbose=0)
    assert model.training and model[1].training


def test_model_summary_device(monkeypatch):
    moved = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(nn.Module, "to", lambda self, device: moved.append(str(device)) or self)
    model = nn.Linear(3, 3)
    summary(model, input_data=torch.zeros(2, 3), verbose=0)
    assert moved == []
    summary(model, input_size=(2, 3), device="cpu", verbose=0)
    assert moved == ["cpu"]
    # Here the input cannot follow to the GPU that there is not.
    monkeypatch.setattr(torch.Tensor, "to", lambda self, *args, **kwargs: self)
    summary(model, input_size=(2, 3), verbose=0)
    assert moved == ["cpu", "cuda"]


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
