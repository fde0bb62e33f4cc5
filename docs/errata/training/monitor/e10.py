blocks = (
    "ps aux | grep python\nkill -9 [pid]",
    "print(profile)\n\npython -m torch.utils.bottleneck main.py",
)
for block in blocks:
    try:
        compile(block, "seed", "exec")
    except SyntaxError:
        continue
    raise AssertionError(block)
compile("pip install tensorboard\ntensorboard --logdir=runs", "seed", "exec")
