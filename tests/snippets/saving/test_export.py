import warnings

import onnx
import onnxruntime
import pytest
import torch
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument
from torch import nn

READER = {
    "export_onnx": """
import tempfile
from pathlib import Path
batch = torch.rand(5, 4)
path = Path(tempfile.mkdtemp(), "model.onnx")
"""
}


def export(model, x, path, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.onnx.export(model, x, path, verbose=False, **options)
    return [str(w.message) for w in caught]


def run_file(path, x):
    session = onnxruntime.InferenceSession(path)
    return session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]


def operators(path):
    return [node.op_type for node in onnx.load(path).graph.node]


@pytest.mark.claim(
    "saving/export#export-onnx",
    "name the dimensions that may vary. Then run the file with ONNX Runtime and compare "
    "on another batch size",
    "An input of another size raises Got invalid dimensions for input in ONNX Runtime and Guard failed in the "
    "exported program: name that dimension in dynamic_shapes, and export again",
    "Large weights are written to model.onnx.data beside the file: move both",
    "a float64 array raises Unexpected input data type: pass array.astype(np.float32)",
)
def test_export_onnx(run):
    names = run("saving/export/export_onnx.py")
    model, path = names["model"], names["path"]
    assert not model.training and names["x"].shape[0] > 1
    (given,) = onnx.load(path).graph.input
    dims = [d.dim_param or d.dim_value for d in given.type.tensor_type.shape.dim]
    assert dims == ["batch", 3, 32, 32]
    for size in (1, 2, 9):
        x = torch.randn(size, 3, 32, 32)
        with torch.inference_mode():
            torch.testing.assert_close(
                torch.from_numpy(run_file(path, x)), model(x), rtol=1e-3, atol=1e-5
            )
    with pytest.raises(InvalidArgument, match="Got invalid dimensions for input"):
        run_file(path, torch.rand(2, 3, 16, 16))
    with pytest.raises(InvalidArgument, match="Unexpected input data type"):
        run_file(path, torch.rand(2, 3, 32, 32).double())
    weights = path.with_name("model.onnx.data")
    assert weights.exists()
    weights.unlink()
    with pytest.raises(Fail):
        run_file(path, names["batch"])


@pytest.mark.claim(
    "saving/export#export-onnx",
    "In training mode, dropout is exported too, and only torch.onnx.export warns",
    "A loaded program cannot switch: eval() raises NotImplementedError",
    "or export with external_data=False",
)
def test_export_onnx_in_training_mode(tmp_path):
    model, x = nn.Sequential(nn.Linear(64, 64), nn.Dropout()), (torch.rand(2, 64),)
    path = tmp_path / "model.onnx"
    warned = export(model.train(), x, path)
    assert any("training mode" in w for w in warned) and "Dropout" in operators(path)
    warned = export(model.eval(), x, path, external_data=False)
    assert not warned and "Dropout" not in operators(path)
    path.with_name("model.onnx.data").unlink(missing_ok=True)
    assert run_file(path, *x).shape == (2, 64)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        program = torch.export.export(model.train(), x).module()
    assert not torch.equal(program(*x), program(*x))
    with pytest.raises(NotImplementedError, match="eval"):
        program.eval()


def test_export_onnx_program(run):
    names = run("saving/export/export_onnx_program.py")
    model, loaded = names["model"], names["loaded"]
    assert not model.training
    for size in (1, 2, 5):
        x = torch.randn(size, 4)
        torch.testing.assert_close(loaded(x), model(x))
    assert isinstance(loaded, torch.fx.GraphModule)  # not the class of the model


@pytest.mark.claim(
    "saving/export#export-onnx",
    "Sizes that are not named are fixed to those of the example",
    "With a batch of 1 as the example, the latter raises",
    "A Python for over range(len(x)) is unrolled for the example's size; "
    "if that dimension is to vary, torch.export.export raises Constraints violated. "
    "Numbers passed to forward become constants",
)
def test_export_onnx_program_sizes():
    model, batch = nn.Linear(4, 3), ({0: torch.export.Dim("batch")},)
    program = torch.export.export(model, (torch.rand(2, 4),)).module()
    with pytest.raises(AssertionError, match="Guard failed"):
        program(torch.rand(3, 4))
    with pytest.raises(Exception, match="Constraints violated"):
        torch.export.export(model, (torch.rand(1, 4),), dynamic_shapes=batch)
    with pytest.raises(Exception, match="but got 'batch' instead"):
        torch.export.export(model, (torch.rand(2, 4),), dynamic_shapes=({0: "batch"},))

    class Loop(nn.Module):
        def forward(self, x, scale):
            for i in range(len(x)):
                x = x + scale * i
            return x

    program = torch.export.export(Loop(), (torch.rand(2, 4), 3.0))
    assert len([n for n in program.graph.nodes if "add" in n.name]) == 2
    with pytest.raises(AssertionError, match="Guard failed"):
        program.module()(torch.rand(2, 4), 4.0)
    with pytest.raises(Exception, match="Constraints violated"):
        torch.export.export(Loop(), (torch.rand(2, 4), 3.0), dynamic_shapes=(*batch, None))


@pytest.mark.claim(
    "saving/export#export-onnx",
    "An if on the values of a tensor raises Could not guard on data-dependent expression: "
    "write torch.where, or torch.cond where a branch is expensive",
)
def test_export_onnx_branch(run, tmp_path):
    names = run("saving/export/export_onnx_branch.py")
    program = names["program"].module()
    for x in (torch.tensor([0.5, 0.1, 0.0, 0.2]), torch.tensor([4.0, 1.0, 0.0, 2.0])):
        assert torch.equal(program(x), x / x.max() if x.max() > 1 else x)

    class If(nn.Module):
        def forward(self, x):
            if x.max() > 1:
                x = x / x.max()
            return x

    with pytest.raises(RuntimeError, match="Could not guard on data-dependent expression"):
        torch.export.export(If(), (torch.rand(4),))

    class Cond(nn.Module):
        def forward(self, x):
            return torch.cond(x.max() > 1, lambda x: x / x.max(), lambda x: x.clone(), (x,))

    export(Cond().eval(), (torch.rand(4),), tmp_path / "cond.onnx")
    for x in (torch.tensor([0.5, 0.1, 0.0, 0.2]), torch.tensor([4.0, 1.0, 0.0, 2.0])):
        expected = x / x.max() if x.max() > 1 else x
        torch.testing.assert_close(torch.from_numpy(run_file(tmp_path / "cond.onnx", x)), expected)


@pytest.mark.claim("saving/export#export-onnx", "Older recipes warn in 2.14")
def test_export_onnx_older_recipes(tmp_path):
    if not torch.__version__.startswith("2.14"):
        pytest.skip("said of 2.14")
    model, x, path = nn.Linear(4, 3).eval(), torch.rand(2, 4), tmp_path / "model.onnx"
    warned = export(model, (x,), path, input_names=["x"], dynamic_axes={"x": {0: "batch"}})
    assert any("dynamic_axes" in w for w in warned)
    assert any("legacy" in w for w in export(model, (x,), path, dynamo=False))
    with pytest.warns(FutureWarning, match="deprecated"):
        torch.jit.trace(model, x)
    with pytest.warns(FutureWarning, match="deprecated"):
        torch.jit.script(model)
