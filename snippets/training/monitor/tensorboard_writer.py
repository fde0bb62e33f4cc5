import os
import tempfile

from tensorboard.backend.event_processing import event_accumulator
from torch.utils.tensorboard import SummaryWriter

with tempfile.TemporaryDirectory() as runs:
    for lr in (0.1, 0.01):
        # 每次训练一个文件夹，离开 with 时关闭 | one folder per training, closed when the with ends
        with SummaryWriter(f"{runs}/lr={lr}") as writer:
            for step in range(100):
                loss = (1 - lr) ** step
                writer.add_scalar("loss/train", loss, step)
                writer.add_scalar("loss/val", 1.1 * loss, step)

    # 读回事件文件 | read the event files back
    for run in sorted(os.listdir(runs)):
        events = event_accumulator.EventAccumulator(f"{runs}/{run}")
        tags = events.Reload().Tags()["scalars"]
        points = events.Scalars("loss/train")
        print(run, tags, len(points), points[-1].step)
        #> lr=0.01 ['loss/train', 'loss/val'] 100 99
        #> lr=0.1 ['loss/train', 'loss/val'] 100 99
