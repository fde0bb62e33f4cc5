"""Runs a snippet as `python file.py` would, and says which statement printed what."""

from __future__ import annotations

import ast
import builtins
import contextlib
import faulthandler
import io
import os
import pickle
import sys
import traceback
import types
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from .printed import statements


@dataclass
class Execution:
    """What a snippet left behind: its names, its output, and the output of each `print`."""

    names: dict
    stdout: str = ""
    stderr: str = ""
    printed: dict[int, str] = field(default_factory=dict)


def execute(path: Path, argv: tuple[str, ...] = ()) -> Execution:
    """Run a snippet as `__main__` in this process, warnings as errors.

    The process should be a fresh one: nothing that the snippet changes is put back.

    Raises:
        Exception: whatever the snippet raises.
    """
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source, str(path))
    spans = sorted(statements(tree), key=lambda s: s.end_lineno - s.lineno)
    module = types.ModuleType("__main__")
    module.__file__ = str(path)
    result = Execution(vars(module))
    real_print, out, err = builtins.print, io.StringIO(), io.StringIO()

    def recording_print(*args, **kwargs):
        frame = sys._getframe(1)
        if frame.f_code.co_filename == str(path) and kwargs.get("file") is None:
            text = io.StringIO()
            real_print(*args, **kwargs | {"file": text, "flush": False})
            end = next(s.end_lineno for s in spans if s.lineno <= frame.f_lineno <= s.end_lineno)
            result.printed[end] = result.printed.get(end, "") + text.getvalue()
        real_print(*args, **kwargs)

    sys.modules["__main__"] = module
    sys.argv = [str(path), *argv]
    sys.path[0:0] = [str(path.parent)]
    builtins.print = recording_print
    try:
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("error")
            exec(compile(tree, str(path), "exec"), vars(module))
    finally:
        builtins.print = real_print
        result.stdout, result.stderr = out.getvalue(), err.getvalue()
    return result


def in_child(function, *args, seconds: float = 0, stderr=None):
    """Call `function(*args)` in a forked process and return what it returns.

    The fork inherits what this process has imported (torch, say), and takes with it all
    that the call changes. After `seconds` it writes the traceback of each thread to `stderr` and
    ends.

    Raises:
        RuntimeError: the call raised or the process died; the message holds the traceback.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    faulthandler.cancel_dump_traceback_later()  # a fork waits for it forever
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        if seconds:
            faulthandler.dump_traceback_later(seconds, file=stderr or sys.__stderr__, exit=True)
        try:
            data = pickle.dumps((True, function(*args)))
        except BaseException:
            data = pickle.dumps((False, traceback.format_exc()))
        with os.fdopen(writer, "wb") as pipe, contextlib.suppress(BrokenPipeError):
            pipe.write(data)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(pid, 0)
    if not data:
        code = os.waitstatus_to_exitcode(status)
        raise RuntimeError(f"the process died without a report (exit code {code})")
    succeeded, value = pickle.loads(data)
    if not succeeded:
        raise RuntimeError(value)
    return value
