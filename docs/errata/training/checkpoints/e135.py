import contextlib
import tempfile

import torch

with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/checkpoint.pt"
    torch.save({"epoch": 1}, path)

    class Interrupt:
        def __reduce__(self):
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        torch.save({"epoch": 2, "rest": Interrupt()}, path)
    try:
        torch.load(path)
    except RuntimeError as e:
        assert "PytorchStreamReader failed" in str(e)
    else:
        raise AssertionError
