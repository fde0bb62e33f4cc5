"""Layers that a module of tests makes when it is imported start from one seed."""

import torch
import torch._dynamo  # the first optimizer imports it: once here, not in every fork

torch.manual_seed(0)
