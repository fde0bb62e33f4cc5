import logging

import functorch.compile  # noqa: F401  Compiling imports it: once here, not in each fork
import pytest
import torch
import torch._dynamo
from torch import nn

with pytest.MonkeyPatch.context() as patch:
    # Compiling imports it, and it warns where there is CUDA's toolkit and no GPU: once, here.
    patch.setattr(torch.cuda, "is_available", lambda: True)
    import torch.utils.cpp_extension


class Counter:
    """A backend that generates no code and counts the graphs it is given."""

    def __init__(self):
        self.graphs = 0

    def __call__(self, graph, inputs):
        self.graphs += 1
        return graph.forward


@pytest.mark.claim(
    "performance/compile#torch-compile",
    "Call model.compile() once",
    "Results may differ in the last digits",
    "A CPU needs a C++ compiler such as g++, or it raises No working C++ compiler found",
)
def test_torch_compile(run, monkeypatch):
    """The one test that generates code."""
    names = run("performance/compile/torch_compile.py")
    model, x = names["model"], names["x"]
    assert model._compiled_call_impl is not None
    assert list(model.state_dict()) == ["linear.weight", "linear.bias"]
    eager = model.forward(x)
    with torch.compiler.set_stance("fail_on_recompile"):
        torch.testing.assert_close(model(x), eager)  # runs the code of the first call

    monkeypatch.setattr(torch._inductor.config.cpp, "cxx", ("missing-g++",))
    f = torch.compile(lambda x: (x * 3).sin() + 0.123)
    with pytest.raises(RuntimeError, match="No working C\\+\\+ compiler found"):
        f(torch.ones(7))


@pytest.mark.claim(
    "performance/compile#torch-compile",
    "torch.compile(model) returns a wrapper instead, whose state_dict() keys start with _orig_mod.",
)
def test_torch_compile_wrapper():
    model = nn.Sequential(nn.Linear(2, 2))
    wrapper = torch.compile(model, backend="eager")
    assert list(wrapper.state_dict()) == ["_orig_mod.0.weight", "_orig_mod.0.bias"]
    model.compile(backend="eager", fullgraph=True, dynamic=True)
    assert model(torch.ones(1, 2)).shape == (1, 2)
    assert list(model.state_dict()) == ["0.weight", "0.bias"]


def versions(calls, **how):
    """How many graphs are compiled, after each call."""
    torch._dynamo.reset()
    counter = Counter()
    function = torch.compile(how.pop("f", lambda x: x * 2), backend=counter, **how)
    return [(function(torch.ones(size)), counter.graphs)[1] for size in calls]


@pytest.mark.claim(
    "performance/compile#torch-compile",
    "The second size of a dimension makes it dynamic, and further sizes are free, except 0 and 1, "
    "and unless the code branches on the size",
    "pass dynamic=True from the start",
)
def test_torch_compile_sizes():
    assert versions([(3, 4), (3, 4), (5, 4), (6, 4), (7, 4)]) == [1, 1, 2, 2, 2]
    assert versions([(3, 4), (5, 4), (7, 6), (8, 9)]) == [1, 2, 3, 3]  # the other dimension
    assert versions([(3,), (5,), (1,), (0,)]) == [1, 2, 3, 4]
    assert versions([(3,), (5,), (7,), (9,)], dynamic=True) == [1, 1, 1, 1]
    assert versions([(3,), (1,)], dynamic=True) == [1, 2]
    sizes = [(8,), (16,), (32,), (64,), (12,)]
    assert versions(sizes) == [1, 2, 2, 2, 2]
    branches = versions(sizes, f=lambda x: x * 2 if len(x) > 16 else x + 1)
    assert branches == [1, 2, 3, 3, 3]
    assert versions([(3,), (3, 3), (3, 3, 3)]) == [1, 2, 3]  # the number of dimensions


@pytest.mark.claim(
    "performance/compile#torch-compile",
    "A new dtype, stride, number of dimensions, or requires_grad of an input compiles again too",
    "so do the second value of a Python number that is passed in, no_grad(), inference_mode(), and, with dropout or BatchNorm, the switch between train() "
    "and eval()",
    "New values of the weights do not",
)
@pytest.mark.parametrize(
    ("layer", "switch"), [(nn.Dropout(), 1), (nn.BatchNorm1d(3), 1), (nn.ReLU(), 0)]
)
def test_torch_compile_again(layer, switch):
    torch._dynamo.reset()
    counter, model, x = Counter(), nn.Sequential(nn.Linear(3, 3), layer), torch.ones(3, 3)
    model.compile(backend=counter)
    seen = []

    def more(x=x):
        before = counter.graphs
        model(x)
        return counter.graphs - before

    assert more() == 1 and more() == 0
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(x).sum().backward()
    optimizer.step()
    model.load_state_dict({k: v + 1 for k, v in model.state_dict().items()})
    assert more() == 0  # new values of the weights
    model.eval()
    assert more() == switch
    with torch.no_grad():
        seen.append(more())
    with torch.inference_mode():
        seen.append(more())
    assert seen == [1, 1]
    model.train()
    assert more() == 0  # both are there already
    assert more(torch.ones(3, 6)[:, ::2]) == 1  # stride
    model.double()
    assert more(x.double()) == 1
    assert more(x.double().requires_grad_()) == 1


def test_torch_compile_numbers():
    for numbers in ((2, 3, 4, 5), (2.5, 3.5, 4.5, 5.5)):
        torch._dynamo.reset()
        counter, seen = Counter(), []
        function = torch.compile(lambda x, k: x * k, backend=counter)
        for k in numbers:
            function(torch.ones(3), k)
            seen.append(counter.graphs)
        assert seen == [1, 2, 2, 2]


@pytest.mark.claim(
    "performance/compile#torch-compile",
    "After 8 versions, a warning says hit config.recompile_limit, and what is new runs uncompiled",
    "With dynamic=False, every size is a version",
)
def test_torch_compile_limit(caplog, monkeypatch):
    logger = logging.getLogger("torch._dynamo.convert_frame")
    logger.addHandler(caplog.handler)
    sizes = [(n,) for n in range(2, 12)]
    assert versions(sizes, dynamic=False) == [*range(1, 9), 8, 8]
    assert "hit config.recompile_limit (8)" in caplog.text
    monkeypatch.setattr(torch._dynamo.config, "recompile_limit", 2)  # 8 take longer
    with pytest.raises(Exception, match="fullgraph=True"):
        versions(sizes[:3], dynamic=False, fullgraph=True)


@pytest.mark.claim(
    "performance/compile#torch-compile",
    "it breaks the graph and returns to Python: the result is right",
    "fullgraph=True raises there and names the line",
)
def test_torch_compile_graph_break(run):
    names = run("performance/compile/torch_compile_graph_break.py")
    clip, by_where, error = names["clip"], names["clip_by_where"], None
    for x in (torch.full((4,), 5.0), torch.full((4,), 0.1)):
        assert torch.equal(clip(x), by_where(x))
        counter = Counter()
        torch._dynamo.reset()
        assert torch.equal(torch.compile(clip, backend=counter)(x), clip(x))
        assert counter.graphs >= 2 - (x.norm() <= 1).item()
        whole = torch.compile(by_where, backend="eager", fullgraph=True)
        assert torch.equal(whole(x), by_where(x))
    try:
        torch.compile(clip, fullgraph=True, backend="eager")(x)
    except RuntimeError as raised:
        error = raised
    assert isinstance(error, torch._dynamo.exc.Unsupported)
    assert "if x.norm() > 1:" in str(error) or "line 5, in clip" in str(error)


BREAKS = {
    "print": (lambda x: (x * 2, print("hello"))[0] + 1, False),
    "if": (lambda x: x + 1 if x.sum() > 0 else x - 1, False),
    "item": (lambda x: x * 2 * x.sum().item() + 1, True),
    "mask": (lambda x: (x * 2)[x > 0] + 1, True),
}


@pytest.mark.claim(
    "performance/compile#torch-compile",
    "Where the compiler cannot follow, as at print or an if on a value",
    "With fullgraph=True, .item() and x[mask] are traced; without it, they break the graph",
)
@pytest.mark.parametrize(("function", "traced"), BREAKS.values(), ids=BREAKS)
def test_torch_compile_what_breaks(function, traced):
    x, counter, whole = torch.ones(3), Counter(), Counter()
    torch.testing.assert_close(torch.compile(function, backend=counter)(x), function(x))
    assert counter.graphs == 2
    torch._dynamo.reset()
    compiled = torch.compile(function, backend=whole, fullgraph=True)
    if traced:
        torch.testing.assert_close(compiled(x), function(x))
        assert whole.graphs == 1
    else:
        with pytest.raises(torch._dynamo.exc.Unsupported):
            compiled(x)


@pytest.mark.claim(
    "performance/compile#torch-compile",
    "Keep a function out with the decorator @torch.compiler.disable",
    'run under torch.compiler.set_stance("force_eager")',
)
def test_torch_compile_keep_out():
    seen = []

    @torch.compiler.disable
    def outside(x):
        seen.append(torch.compiler.is_compiling())
        return x + 1

    counter = Counter()
    f = torch.compile(lambda x: outside(x * 2) * 3, backend=counter)
    assert f(torch.ones(2)).tolist() == [9, 9]
    assert counter.graphs == 2 and seen == [False]
    counter = Counter()
    with torch.compiler.set_stance("force_eager"):
        torch.compile(lambda x: x * 2, backend=counter)(torch.ones(2))
    assert counter.graphs == 0


@pytest.mark.claim(
    "performance/compile#torch-compile",
    "An NVIDIA GPU needs Triton, which torch from PyPI brings along on Linux",
)
def test_torch_compile_triton_comes_along():
    from importlib.metadata import requires

    assert any(r.startswith("triton") and "Linux" in r for r in requires("torch"))


@pytest.mark.claim(
    "performance/compile#torch-compile",
    'mode="reduce-overhead" uses CUDA graphs',
    'mode="max-autotune" tries more kernels',
)
def test_torch_compile_modes():
    modes = torch._inductor.list_mode_options()
    assert modes["reduce-overhead"]["triton.cudagraphs"]
    assert modes["max-autotune"]["max_autotune"]
