import os
import tempfile

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

with tempfile.TemporaryDirectory() as folder:
    child = os.fork()
    if child == 0:
        writer = SummaryWriter(folder)
        for n_iter in range(5):
            writer.add_scalar("Loss/train", 1.0, n_iter)
        os._exit(0)
    os.waitpid(child, 0)
    assert EventAccumulator(folder).Reload().Tags()["scalars"] == []
