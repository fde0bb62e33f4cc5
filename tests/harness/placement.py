"""A stand-in for a GPU: blocks that place a tensor wrongly fail here as they would on CUDA.

Values stay on the CPU. Each storage carries the device that it claims to be on; views, saved
tensors and gradients share the storage and so the claim. A dispatch mode below autograd, which
also sees backward and the optimizers, refuses operations that mix devices, with PyTorch's words.
Around it, what asks or moves (`.device`, `.to`, factories, `torch.cuda`, `torch.accelerator`,
generators, autocast, `torch.save` and `torch.load`) is taught to answer for the claimed device.

    with StandIn() as gpu:
        execute(path)                 # may say device="cuda", .to(device), ...
    assert gpu.to_device == 1         # copies are counted

It proves placement, nothing else: no kernel runs, memory figures are zero, autocast is the CPU's.
Sparse tensors carry no claim; checks that CUDA makes in C++ may raise other words. Enter it in a
process of its own.
"""

from __future__ import annotations

import contextlib
import functools
from unittest import mock

import torch
import torch._dynamo  # torch.optim imports it lazily; it must be built from the real torch.cuda
from torch.utils._device import DeviceContext, _device_constructors
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

CPU = torch.device("cpu")
_CLAIM = "_claimed_device"
_Base = torch._C.TensorBase
_device_of = _Base.device.__get__
aten = torch.ops.aten

# Their operands may lie on different devices.
_COPIES = {aten.copy_.default, aten._to_copy.default, aten._copy_from.default}
_INDEXING = {
    aten.index.Tensor,
    aten._unsafe_index.Tensor,
    aten.index_put.default,
    aten.index_put_.default,
    aten._index_put_impl_.default,
}


class PlacementError(RuntimeError):
    """Tensors meet that would lie on different devices."""


def _storage(tensor):
    try:
        return _Base.untyped_storage(tensor)
    except (NotImplementedError, RuntimeError):  # sparse, functorch wrappers
        return None


def claimed(tensor: torch.Tensor) -> torch.device:
    """Return the device that a tensor claims to be on."""
    return getattr(_storage(tensor), _CLAIM, None) or _device_of(tensor)


def _claim(tensor, device):
    if (storage := _storage(tensor)) is not None:
        setattr(storage, _CLAIM, None if device.type == "cpu" else device)
    return tensor


class _Copy(torch.autograd.Function):
    """A copy between devices; its gradient travels back."""

    @staticmethod
    def forward(ctx, tensor, device):
        ctx.source = claimed(tensor)
        return _claim(tensor.clone(), device)

    @staticmethod
    def backward(ctx, grad):
        return _claim(grad.clone(), ctx.source), None


def _mixed(a, b):
    return PlacementError(
        "Expected all tensors to be on the same device, "
        f"but found at least two devices, {a} and {b}! (stand-in)"
    )


def _is_scalar(tensor) -> bool:
    return tensor.dim() == 0 and claimed(tensor) == CPU and _device_of(tensor) == CPU


def _common_device(func, args, kwargs) -> torch.device | None:
    """Return the device that an operation runs on; raise where its operands disagree."""
    if func in _COPIES:
        return claimed(args[0])
    tensors = [t for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)]
    if func in _INDEXING:
        return _indexed_device(args)
    changed = args[0] if func._schema.name.endswith("_") and tensors else None
    placed = [claimed(t) for t in tensors if t is changed or not _is_scalar(t)]
    for device in placed[1:]:
        if device != placed[0]:
            raise _mixed(placed[0], device)
    return placed[0] if placed else CPU if tensors else None


def _indexed_device(args) -> torch.device:
    device = claimed(args[0])
    for index in args[1]:
        if isinstance(index, torch.Tensor) and claimed(index) not in (CPU, device):
            raise PlacementError(
                "indices should be either on cpu or on the same device as the indexed tensor "
                f"({device}) (stand-in)"
            )
    if len(args) > 2 and isinstance(args[2], torch.Tensor):
        values = args[2]
        if not _is_scalar(values) and claimed(values) != device:
            raise _mixed(device, claimed(values))
    return device


class _Placement(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        with torch._C.DisableTorchFunction():
            device = _common_device(func, args, kwargs)
            out = func(*args, **kwargs)
            if device is not None and device.type != "cpu":
                inputs = {
                    _key(t) for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)
                }
                for tensor in tree_leaves(out):
                    if isinstance(tensor, torch.Tensor) and _key(tensor) not in inputs:
                        _claim(tensor, device)
            return out


def _key(tensor):
    storage = _storage(tensor)
    return None if storage is None else storage._cdata


class _Generator(torch.Generator):
    def __new__(cls, device="cpu"):
        self = super().__new__(cls, "cpu")
        self._claimed = torch.device(device)
        return self

    def __init__(self, device="cpu"):
        pass

    device = property(lambda self: self._claimed)


class _Handle(contextlib.AbstractContextManager):
    """Stream, event and device context: whatever is called on it returns it."""

    def __exit__(self, *_):
        return None

    def is_capturing(self):
        return False

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return (lambda *a, **k: 0.0) if name == "elapsed_time" else (lambda *a, **k: self)


class StandIn:
    """Pretend that the machine has `count` CUDA devices, until the context ends.

    `to_device`, `to_host` and `syncs` count copies and waits; `placed` says whether any tensor
    ever lay on a device.
    """

    def __init__(self, count: int = 1):
        self.count = count
        self.to_device = self.to_host = self.syncs = 0
        self.placed = False

    def resolve(self, device) -> torch.device:
        if isinstance(device, int) and not isinstance(device, bool):
            device = torch.device("cuda", device)
        device = torch.device(device)
        if device.type != "cuda":
            return device
        index = device.index or 0
        if index >= self.count:
            raise RuntimeError("CUDA error: invalid device ordinal (stand-in)")
        self.placed = True
        return torch.device("cuda", index)

    def move(self, tensor, device):
        source = claimed(tensor)
        if source == device:
            return tensor
        self.to_device += device.type != "cpu"
        self.to_host += device.type == "cpu"
        if torch.is_grad_enabled() and tensor.requires_grad:
            return _Copy.apply(tensor, device)
        return _claim(tensor.detach().clone(), device)

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        for name, method in self._tensor_methods().items():
            self._patch(torch.Tensor, name, method)
        for function in _device_constructors():
            if getattr(torch, getattr(function, "__name__", ""), None) is function:
                self._patch(torch, function.__name__, self._factory(function))
        for name in ("zeros", "ones", "empty", "full", "rand", "randn", "randint"):
            like = getattr(torch, f"{name}_like")
            self._patch(torch, f"{name}_like", self._factory(like))
        for name, value in self._cuda().items():
            self._patch(torch.cuda, name, value)
        for name, value in self._accelerator().items():
            self._patch(torch.accelerator, name, value)
        self._patch(torch.backends.cudnn, "is_acceptable", lambda tensor: False)
        self._patch(torch, "Generator", _Generator)
        self._patch_autocast()
        self._patch_serialization()
        self._stack.enter_context(_Placement())
        return self

    def __exit__(self, *exception):
        return self._stack.__exit__(*exception)

    def _patch(self, owner, name, value):
        if owner is torch.Tensor and name not in torch.Tensor.__dict__:
            setattr(torch.Tensor, name, value)  # inherited: mock cannot put it back
            self._stack.callback(delattr, torch.Tensor, name)
        else:
            self._stack.enter_context(mock.patch.object(owner, name, value, create=True))

    def _tensor_methods(self):
        def to(tensor, *args, **kwargs):
            device, dtype = kwargs.pop("device", None), kwargs.pop("dtype", None)
            flags = [a for a in args if isinstance(a, bool)]
            for value in args:
                if isinstance(value, torch.dtype):
                    dtype = value
                elif isinstance(value, torch.Tensor):
                    device, dtype = claimed(value), value.dtype
                elif isinstance(value, (str, int, torch.device)) and not isinstance(value, bool):
                    device = value
            kwargs.pop("non_blocking", None)
            copy = kwargs.pop("copy", False) or (len(flags) > 1 and flags[1])
            out = tensor if dtype in (None, tensor.dtype) else _Base.to(tensor, dtype)
            if kwargs.get("memory_format") is not None:
                out = _Base.to(out, **kwargs)
            if device is not None:
                target = self.resolve(device)
                if target.type not in ("cpu", "cuda"):
                    return _Base.to(out, target)
                out = self.move(out, target)
            return out.clone() if copy and out is tensor else out

        def numpy(tensor, *, force=False):
            if claimed(tensor).type == "cuda":
                if not force:
                    raise TypeError(
                        f"can't convert {claimed(tensor)} device type tensor to numpy. Use "
                        "Tensor.cpu() to copy the tensor to host memory first."
                    )
                tensor = to(tensor.detach(), CPU)
            return _Base.numpy(tensor, force=force)

        def array(tensor, dtype=None, copy=None):
            result = numpy(tensor)
            return result if dtype is None else result.astype(dtype, copy=False)

        def item(tensor):
            if claimed(tensor).type == "cuda":
                self.syncs += 1
            return _Base.item(tensor)

        def new(base):
            def method(tensor, *args, device=None, **kwargs):
                target = claimed(tensor) if device is None else self.resolve(device)
                return _claim(base(tensor, *args, **kwargs), target)

            return method

        def deepcopy(tensor, memo):
            out = _claim(real_deepcopy(tensor, memo), claimed(tensor))
            if out.grad is not None:
                _claim(out.grad, claimed(tensor.grad))
            return out

        def pin_memory(tensor, device=None):
            if claimed(tensor).type == "cuda":
                raise RuntimeError(
                    f"cannot pin '{tensor.type()}' only dense CPU tensors can be pinned"
                )
            return tensor.detach().clone()

        real_deepcopy = torch.Tensor.__deepcopy__
        creators = ("new_zeros", "new_ones", "new_empty", "new_full", "new_tensor")
        return {
            **{name: new(getattr(_Base, name)) for name in creators},
            "to": to,
            "cuda": lambda t, device="cuda", *a, **k: to(t, "cuda" if device is None else device),
            "cpu": lambda t, *a, **k: to(t, CPU),
            "numpy": numpy,
            "__array__": array,
            "item": item,
            "__deepcopy__": deepcopy,
            "pin_memory": pin_memory,
            "device": property(claimed),
            "is_cuda": property(lambda t: claimed(t).type == "cuda"),
            "is_cpu": property(lambda t: claimed(t).type == "cpu"),
            "get_device": lambda t: -1 if claimed(t).type == "cpu" else claimed(t).index,
        }

    def _factory(self, function):
        @functools.wraps(function)
        def create(*args, **kwargs):
            device = kwargs.get("device")
            if device is None:
                if function.__name__.endswith("_like"):
                    return function(*args, **kwargs)
                modes = torch.overrides._get_current_function_mode_stack()
                contexts = [m.device for m in modes if isinstance(m, DeviceContext)]
                if not contexts:
                    return function(*args, **kwargs)
                device = contexts[-1]
            target = self.resolve(device)
            if target.type not in ("cpu", "cuda"):
                return function(*args, **kwargs)
            generator = kwargs.get("generator")
            if generator is not None and generator.device.type != target.type:
                raise RuntimeError(
                    f"Expected a '{target.type}' device type for generator "
                    f"but found '{generator.device.type}'"
                )
            out = function(*args, **kwargs | {"device": "cpu"})
            source = args[0] if args and isinstance(args[0], torch.Tensor) else None
            if source is not None and _key(out) == _key(source):
                return self.move(out, target)  # as_tensor of an existing tensor
            return _claim(out, target)

        return create

    def _synchronize(self, *_, **__):
        self.syncs += 1

    def _cuda(self):
        def nothing(*_, **__):
            return None

        def zero(*_, **__):
            return 0

        memory = (
            "memory_allocated",
            "max_memory_allocated",
            "memory_reserved",
            "max_memory_reserved",
        )
        quiet = ("empty_cache", "reset_peak_memory_stats", "manual_seed", "manual_seed_all")
        handle = _Handle()
        return {
            **dict.fromkeys(memory, zero),
            **dict.fromkeys((*quiet, "_lazy_init", "init", "set_device"), nothing),
            **dict.fromkeys(
                ("Stream", "Event", "stream", "current_stream"), lambda *a, **k: handle
            ),
            "is_available": lambda: True,
            "is_initialized": lambda: True,
            "device_count": lambda: self.count,
            "current_device": zero,
            "get_device_name": lambda device=None: "stand-in",
            "get_device_capability": lambda device=None: (9, 0),
            "is_bf16_supported": lambda *a, **k: True,
            "is_current_stream_capturing": lambda: False,
            "synchronize": self._synchronize,
        }

    def _accelerator(self):
        return {
            "is_available": lambda: True,
            "device_count": lambda: self.count,
            "current_accelerator": lambda check_available=False: torch.device("cuda"),
            "current_device_index": lambda: 0,
            "current_stream": lambda device=None: _Handle(),
            "empty_cache": lambda: None,
            "set_device_index": lambda index: None,
            "synchronize": self._synchronize,
        }

    def _patch_autocast(self):
        def refuse_other(what, device, enabled):
            if enabled and torch.device(device).type != "cuda":
                raise PlacementError(f"{what} for {device!r}, the tensors are on cuda (stand-in)")

        class Autocast(torch.amp.autocast_mode.autocast):
            def __init__(self, device_type, dtype=None, enabled=True, cache_enabled=None):
                refuse_other("autocast", device_type, enabled)
                super().__init__("cpu", dtype or torch.float16, enabled, cache_enabled)

        class GradScaler(torch.amp.GradScaler):
            def __init__(self, device="cuda", *args, enabled=True, **kwargs):
                refuse_other("a scaler", device, enabled)
                super().__init__(device, *args, enabled=enabled, **kwargs)

        self._patch(torch, "autocast", Autocast)
        self._patch(torch.amp, "autocast", Autocast)
        self._patch(torch.amp, "GradScaler", GradScaler)

    def _patch_serialization(self):
        registry = torch.serialization._package_registry
        before = list(registry)

        def tag(storage):
            raw = getattr(storage, "_untyped_storage", storage)
            device = getattr(raw, _CLAIM, None)
            return str(device) if device else None

        def restore(storage, location):
            if not str(location).startswith("cuda"):
                return None
            setattr(storage, _CLAIM, self.resolve(location))
            return storage

        torch.serialization.register_package(1, tag, restore)
        self._stack.callback(registry.__setitem__, slice(None), before)
