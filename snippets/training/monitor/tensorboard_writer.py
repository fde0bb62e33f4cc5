import tempfile

from torch.utils.tensorboard import SummaryWriter

runs = tempfile.mkdtemp()  # 项目里写 "runs" | in a project: "runs"

for lr in (0.1, 0.01):  # 每次训练一个文件夹 | one folder per training
    #[
    with SummaryWriter(f"{runs}/lr={lr}") as writer:
        for epoch in range(10):
            loss = (1 - lr) ** epoch
            writer.add_scalar("loss/train", loss, epoch)
            writer.add_scalar("loss/val", 1.1 * loss, epoch)
    #]

print("tensorboard --logdir", runs)
#~ tensorboard --logdir …
