import os
import tempfile

import wandb

# 默认写到当前文件夹 | by default, it writes to the current folder
os.environ["WANDB_DIR"] = tempfile.mkdtemp()
os.environ["WANDB_SILENT"] = "true"  # 终端不输出 | quiet terminal
config = {"lr": 0.1, "batch_size": 64}

#[
with wandb.init(project="demo", mode="offline", config=config) as run:
    for epoch in range(3):
        loss = 0.5**epoch
        run.log({"epoch": epoch, "loss/train": loss})
    print(run.config["lr"], run.summary["loss/train"])
    #> 0.1 0.25
#]
