"""C compiler: finds one on this machine, or says what to install, and makes shared libraries with it."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .java import EngineMissing
from .process import run_process
from .tlc import EngineFailed

COMPILER_VARIABLE = "CC"
"""The environment variable that names another C compiler, with arguments if need be: `ccache gcc`."""

ALWAYS = ("-std=c11", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC")

TIME_LIMIT = 300.0
"""Seconds for one compilation. Zig builds a C library of its own the first time."""


def find_compiler() -> tuple[str, ...]:
    """The command of the C compiler: what CC names, else ``cc``, else that of the Python package ziglang.

    EngineMissing if there is none, or if CC names something that is not there.
    """
    named = os.environ.get(COMPILER_VARIABLE, "").strip()
    if named:
        try:
            command = tuple(shlex.split(named))
        except ValueError as error:
            raise EngineMissing(
                f"{COMPILER_VARIABLE} is no command ({error}): {named}", "correct it, or unset it"
            ) from None
        found = shutil.which(command[0])
        if found is None:
            raise EngineMissing(
                f"{COMPILER_VARIABLE} names {command[0]}, which is not a command here",
                "correct it, or unset it",
            )
        return (str(Path(found).absolute()), *command[1:])
    if shutil.which("cc"):
        return ("cc",)
    if importlib.util.find_spec("ziglang") is not None:
        cache = Path(tempfile.gettempdir()) / f"pcpdrain-zig-{os.getuid()}"  # a home may be read-only
        return ("env", f"ZIG_GLOBAL_CACHE_DIR={cache}", sys.executable, "-m", "ziglang", "cc")
    raise EngineMissing(
        "no C compiler found (neither a cc on PATH nor the Python package ziglang)",
        f"pip install ziglang, or name a compiler in the environment variable {COMPILER_VARIABLE}",
    )


def compile_shared(sources: Sequence[Path], out: Path, flags: Sequence[str] = ()) -> Path:
    """Make a shared library from C11 sources, replacing an older one only when all went well; return `out`.

    The folder of `out` must exist. `flags` come after those of `ALWAYS`, and may undo them.

    Raises:
        EngineMissing: there is no C compiler.
        EngineFailed: it could not be started or did not finish, or the sources have errors; the message has
            the first.
    """
    command = find_compiler()
    unfinished = out.with_name(f"{out.name}.{os.getpid()}")
    words: list[str | Path] = [
        *command,
        *ALWAYS,
        *flags,
        "-o",
        unfinished.resolve(),
        *(path.resolve() for path in sources),
    ]
    try:
        done = run_process(words, directory=out.parent, timeout=TIME_LIMIT)
        if done.status != 0:
            raise EngineFailed(f"{shlex.join(command)}: {done.failure or _first_error(done.lines)}")
        unfinished.replace(out)
    except OSError as error:
        raise EngineFailed(f"{shlex.join(command)}: {error.strerror or error}") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return out


def _first_error(lines: Sequence[str]) -> str:
    """The line of the compiler's output that says what is wrong."""
    saying = [line for line in lines if " error: " in line] or [line for line in lines if line.strip()]
    return saying[0].strip() if saying else "failed, and did not say why"
