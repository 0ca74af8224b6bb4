"""Versions: of the tools that are measured, as each of them tells it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from ..engines.ccompiler import find_compiler
from ..engines.java import EngineMissing, find_java, find_tla2tools
from ..engines.process import run_process

_SECONDS = 30.0


def versions() -> dict[str, str]:
    """By name; those that are not here are left out."""
    return dict(_known())


def _known() -> Iterator[tuple[str, str]]:
    for name, command in _COMMANDS.items():
        try:
            finished = run_process(command(), directory=Path.cwd(), timeout=_SECONDS)
        except (EngineMissing, OSError):
            continue
        said = next((line for line in finished.lines if re.search(r"\d+\.\d+", line)), "")
        found = re.search(r"\d+\.\d+(?:\.\d+)*", said)
        if found is not None:
            yield name, found[0]


def _spin() -> list[str | Path]:
    found = shutil.which("spin")
    if found is None:
        raise EngineMissing("no spin", "apt install spin")
    return [found, "-V"]


_COMMANDS: dict[str, Callable[[], list[str | Path]]] = {
    "C compiler": lambda: [*find_compiler(), "--version"],
    "Java": lambda: [find_java(), "-version"],
    "TLC": lambda: [find_java(), "-cp", find_tla2tools(), "tlc2.TLC", "-help"],
    "SPIN": _spin,
}
