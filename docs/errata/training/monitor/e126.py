import os
import tempfile

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

with tempfile.TemporaryDirectory() as folder:
    with SummaryWriter(folder) as writer:
        writer.add_scalar("Loss/train", 1.0, 0)
        writer.add_scalar("Loss/test", 1.0, 0)
    assert len(os.listdir(folder)) == 1
    assert EventAccumulator(folder).Reload().Tags()["scalars"] == ["Loss/train", "Loss/test"]
