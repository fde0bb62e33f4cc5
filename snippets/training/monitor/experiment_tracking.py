import os
import tempfile
from pathlib import Path

import wandb

with tempfile.TemporaryDirectory() as folder:
    # 服务日志默认写在家目录 | service logs go to the home directory by default
    os.environ["WANDB_CACHE_DIR"] = folder
    with wandb.init(
        mode="offline",
        project="demo",
        name="baseline",
        config={"lr": 0.1, "batch_size": 64},
        dir=folder,
        settings=wandb.Settings(silent=True),
    ) as run:
        for epoch in range(3):
            run.log({"epoch": epoch, "loss/train": 0.5**epoch})
        print(run.config["lr"], run.summary["loss/train"])
        #> 0.1 0.25

    files = Path(folder, "wandb").glob("offline-run-*/*.wandb")
    print(len(list(files)))
    #> 1
