import os
import socket
import tempfile
from contextlib import nullcontext
from datetime import timedelta

import pytest
import torch
import torch.distributed as dist
import torch.distributed.run
from torch import nn
from torch.distributed import checkpoint
from torch.distributed.constants import default_pg_nccl_timeout
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DistributedSampler

from harness import SNIPPETS, execute

READER = {
    "ddp": """
dist.init_process_group(store=dist.HashStore(), rank=0, world_size=1)
batch_size, epoch, total = 4, 0, torch.ones(2)
path = Path(tempfile.mkdtemp()) / "model.pt"
"""
}
LINES = 3


def torchrun(function, *args):
    """Run a function in two processes of torchrun's agent, and return both results."""
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=2,
        run_id="test",
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        start_method="fork",
        monitor_interval=0.1,
        max_restarts=0,
    )
    results = elastic_launch(config, function)(*args)
    return [results[rank] for rank in (0, 1)]


def grouped(function, *args):
    """Call a function inside a process group, in both processes."""

    def worker():
        torch.set_num_threads(1)
        dist.init_process_group()
        try:
            return function(dist.get_rank(), *args)
        finally:
            dist.destroy_process_group()

    return torchrun(worker)


def script(folder, seed=0):
    """Run the block in this process; return what it printed, drew, and saved."""
    torch.set_num_threads(1)
    drawn = []
    draw = DistributedSampler.__iter__

    def spy(sampler):
        indices = list(draw(sampler))
        drawn.append(indices)
        return iter(indices)

    DistributedSampler.__iter__ = spy
    tempfile.mkdtemp = lambda: folder
    torch.manual_seed(seed)
    if dist.is_torchelastic_launched():
        torch.manual_seed(seed + 100 * int(os.environ["RANK"]))
    stdout = execute(SNIPPETS / "distributed/ddp/ddp.py").stdout
    return stdout, drawn, dist.is_initialized()


@pytest.mark.claim(
    "distributed/ddp#ddp",
    "averages the gradients over all processes",
    "The same script runs alone",
    "DDP copies the weights of rank 0 to the others",
    "so weights stay the same everywhere",
)
def test_ddp(run, tmp_path):
    (tmp_path / "two").mkdir()
    (tmp_path / "one").mkdir()
    first, second = torchrun(script, str(tmp_path / "two"))
    alone = script(str(tmp_path / "one"))
    assert first[0].count("%") == LINES and second[0] == ""
    assert not first[2] and not alone[2]
    for epoch in range(LINES):
        halves = first[1][epoch], second[1][epoch]
        assert len(halves[0]) == len(halves[1]) == 256
        assert sorted(halves[0] + halves[1]) == list(range(512))
        assert sorted(alone[1][epoch]) == list(range(512))
    assert first[1][0] != first[1][1]
    two, one = (torch.load(tmp_path / n / "model.pt") for n in ("two", "one"))
    assert one.keys() == two.keys() == {"weight", "bias"}
    for name, tensor in one.items():
        assert torch.allclose(tensor, two[name], atol=1e-5)
    nn.Linear(8, 2).load_state_dict(two)
    assert callable(run("distributed/ddp/ddp.py")["main"])


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))


def data():
    return torch.randn(16, 4, generator=torch.Generator().manual_seed(1))


def gradients(model):
    return torch.cat([p.grad.flatten() for p in model.parameters()]).tolist()


def steps(rank):
    x = data()[8 * rank : 8 * rank + 8]
    found = []
    for how in ("ddp", "module", "no_sync"):
        model = DistributedDataParallel(net())
        with model.no_sync() if how == "no_sync" else nullcontext():
            called = model.module if how == "module" else model
            called(x).square().mean().backward()
        found.append(gradients(model))
    return found


def whole(x):
    model = net()
    model(x).square().mean().backward()
    return gradients(model)


@pytest.mark.claim(
    "distributed/ddp#ddp",
    "If all parts are of equal size and the loss is a mean over samples, "
    "the average is the gradient for the whole batch; "
    "with ignore_index or class weights, only roughly",
    "with model.module(x), gradients are not averaged, and nothing raises",
    "put all but the last forward pass and backward() into with model.no_sync():, "
    "to skip the averaging",
)
def test_ddp_gradients():
    for rank, (ddp, module, no_sync) in enumerate(grouped(steps)):
        assert ddp == pytest.approx(whole(data()), abs=1e-6)
        part = pytest.approx(whole(data()[8 * rank : 8 * rank + 8]), abs=1e-6)
        assert module == part and no_sync == part
    generator = torch.Generator().manual_seed(2)
    logits, y = torch.randn(4, 2, generator=generator), torch.tensor([0, -100, 1, 1])
    for weight in (None, torch.tensor([1.0, 5.0])):
        parts = [nn.functional.cross_entropy(logits[i], y[i], weight) for i in ([0, 1], [2, 3])]
        loss = nn.functional.cross_entropy(logits, y, weight)
        assert not torch.isclose(sum(parts) / 2, loss)  # unequal counts or weights


@pytest.mark.claim(
    "distributed/ddp#ddp",
    "torchrun sets RANK, LOCAL_RANK, and WORLD_SIZE",
)
def test_ddp_environment():
    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE")
    assert not os.environ.keys() & set(names)
    results = torchrun(lambda: [os.environ[name] for name in names])
    assert results == [["0", "0", "2"], ["1", "1", "2"]]


@pytest.mark.claim(
    "distributed/ddp#ddp",
    "Without set_epoch, each epoch has the same order",
    "the sampler repeats samples; with drop_last=True it leaves some out",
)
def test_ddp_sampler():
    def parts(size, **options):
        samplers = [DistributedSampler(range(size), 2, rank, **options) for rank in (0, 1)]
        return [index for sampler in samplers for index in sampler]

    sampler = DistributedSampler(range(64), 2, 0)
    first = list(sampler)
    assert list(sampler) == first
    sampler.set_epoch(1)
    assert list(sampler) != first
    assert sorted(parts(10)) == list(range(10))
    assert len(parts(11)) == 12 and set(parts(11)) == set(range(11))
    assert len(parts(11, drop_last=True)) == len(set(parts(11, drop_last=True))) == 10


class Spare(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.spare = nn.Linear(4, 1), nn.Linear(4, 1)

    def forward(self, x):
        return self.used(x)


def unused(rank, find):
    model = DistributedDataParallel(Spare(), find_unused_parameters=find)
    try:
        for _ in range(2):
            model(data()).mean().backward()
    except RuntimeError as e:
        return str(e)
    return ""


@pytest.mark.claim(
    "distributed/ddp#ddp",
    "Expected to have finished reduction in the prior iteration before starting a new one.",
    "Remove it, or pass find_unused_parameters=True",
)
def test_ddp_unused_parameters():
    message = (
        "Expected to have finished reduction in the prior iteration before starting a new one."
    )
    assert all(said.startswith(message) for said in grouped(unused, False))
    assert grouped(unused, True) == ["", ""]


def local(rank):
    torch.manual_seed(rank)
    model = DistributedDataParallel(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout()))
    weights = model.module[0].weight.tolist()
    torch.manual_seed(7)
    same = nn.functional.dropout(torch.ones(32)).tolist()
    torch.manual_seed(7 + rank)
    other = nn.functional.dropout(torch.ones(32)).tolist()
    model(data() + 5 * rank)
    return weights, same, other, model.module[1].running_mean.tolist(), [*model.state_dict()]


@pytest.mark.claim(
    "distributed/ddp#ddp",
    "DDP copies the weights of rank 0 to the others when it is built",
    "With one seed for all, all ranks draw the same dropout masks",
    "BatchNorm computes statistics per process",
    "the keys of the DDP model have the prefix module.",
)
def test_ddp_what_is_local():
    (weights, same, other, mean, keys), second = grouped(local)
    assert weights == second[0] and same == second[1]
    assert other != second[2] and mean != second[3]
    assert all(key.startswith("module.") for key in keys)


def synchronized(rank):
    norm = nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm1d(4)))
    norm.eval()(torch.ones(2, 4))
    try:
        norm.train()(torch.ones(2, 4))
    except ValueError as e:
        return str(e)
    return ""


@pytest.mark.claim("distributed/ddp#ddp", "it needs GPUs to train")
def test_ddp_sync_batch_norm():
    for said in grouped(synchronized):
        assert said.startswith("SyncBatchNorm expected input tensor to be on")


def alone_on_rank_0(rank):
    model = DistributedDataParallel(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))).eval()
    return rank or model.module(data()).shape[0]


@pytest.mark.claim("distributed/ddp#ddp", "or only on rank 0, there with model.module")
def test_ddp_evaluates_on_one_rank():
    assert grouped(alone_on_rank_0) == [16, 1]


@pytest.mark.claim(
    "distributed/ddp#ddp",
    "with NCCL, a rank waited 10 minutes for the others",
    "pass timeout=timedelta(minutes=60) to init_process_group",
)
def test_ddp_timeout():
    assert default_pg_nccl_timeout in (None, timedelta(minutes=10))
    dist.init_process_group(
        "gloo", store=dist.HashStore(), rank=0, world_size=1, timeout=timedelta(minutes=60)
    )
    try:
        backend = dist.group.WORLD._get_backend(torch.device("cpu"))
        assert backend.options._timeout == timedelta(minutes=60)
    finally:
        dist.destroy_process_group()


@pytest.mark.claim(
    "distributed/ddp#ddp",
    "address already in use: another program, often an earlier run, holds the port",
    "start with torchrun --standalone, which finds a free port, or set another MASTER_PORT",
)
def test_ddp_port(monkeypatch):
    with socket.socket() as held:
        held.bind(("", 0))
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(dist.DistNetworkError, match="address already in use"):
            dist.init_process_group("gloo", f"tcp://localhost:{port}", rank=0, world_size=1)
    asked = []
    launch = torch.distributed.run
    monkeypatch.setattr(launch, "elastic_launch", lambda **kw: asked.append(kw) or print)
    launch.run(launch.parse_args(["--standalone", "train.py"]))
    assert asked[0]["config"].rdzv_endpoint == "localhost:0"  # 0: any port that is free


def shard(rank, folder):
    model = net()
    mesh = init_device_mesh("cpu", (2,))
    for block in (model[0], model[2]):
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(data()).square().mean().backward()
    optimizer.step()
    whole = model[0].weight.full_tensor().detach().clone()
    parts = tuple(model[0].weight.shape), tuple(model[0].weight.to_local().shape)
    checkpoint.save(model.state_dict(), checkpoint_id=folder)
    with torch.no_grad():
        model[0].weight.zero_()
    state = model.state_dict()
    checkpoint.load(state, checkpoint_id=folder)
    model.load_state_dict(state)
    return parts, torch.equal(model[0].weight.full_tensor(), whole)


@pytest.mark.claim(
    "distributed/ddp#ddp",
    "call fully_shard on each block, then on the model, and only then create the optimizer. "
    "Each rank then holds only its part of the parameters, so all ranks save together, with "
    "torch.distributed.checkpoint",
)
def test_ddp_sharding_instead(tmp_path):
    for parts, same in grouped(shard, str(tmp_path)):
        assert parts == ((8, 4), (4, 4)) and same
    assert len(list(tmp_path.glob("*.distcp"))) == 2
