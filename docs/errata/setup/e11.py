import subprocess
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    Path(folder, "1").touch()
    shell = ["bash", "-c", "echo kill -9 [1234]"]
    out = subprocess.run(shell, cwd=folder, capture_output=True, text=True).stdout
assert out == "kill -9 1\n"
