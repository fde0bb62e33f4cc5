import runpy

runpy.run_module("torch.utils.bottleneck")
