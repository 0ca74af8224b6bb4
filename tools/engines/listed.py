"""Listed: the engines on this machine, where each was found, and its version."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from .apalache_found import find_apalache
from .apalache_version import apalache_version
from .ccompiler import find_compiler
from .java import EngineMissing, find_java, find_tla2tools
from .process import run_process

_TIME_LIMIT = 30.0


def listed() -> Iterator[str]:
    """A line for each engine, and for each thing that one needs."""
    for name, found in _ENGINES.items():
        try:
            what = found()
        except EngineMissing as missing:
            what = str(missing)
        yield f"{name:<10} {what}"


def _java() -> str:
    java = find_java()
    return f"{_first_line([java, '-version'])}, {java}"


def _tlc() -> str:
    jar, java = find_tla2tools(), find_java()
    said = _first_line([java, "-cp", jar, "tlc2.TLC", "-help"])
    version = re.search(r"[Vv]ersion (\S+)", said)
    return f"{version[1] if version else said}, {jar}"


def _apalache() -> str:
    found = find_apalache()
    version = apalache_version(found)
    told = version.told if version.usable else f"cannot be used: {version.told}"
    return f"{told}, {found.program} ({found.where})"


def _compiler() -> str:
    command = find_compiler()
    return f"{_first_line([*command, '--version'])}, {' '.join(command)}"


def _first_line(command: list[str | Path]) -> str:
    """The first line that a program prints."""
    try:
        finished = run_process(command, directory=Path.cwd(), timeout=_TIME_LIMIT)
    except OSError as error:
        return f"cannot be started ({error.strerror or error})"
    return next((line.strip() for line in finished.lines if line.strip()), "says nothing")


_ENGINES: dict[str, Callable[[], str]] = {
    "java": _java,
    "tlc": _tlc,
    "apalache": _apalache,
    "c compiler": _compiler,
}
