"""Kept classes: where Java finds what it has read and linked of TLC before, to start sooner.

Java can keep its classes as they are when a program ends, and map them into the next start (JEP 514, from
Java 25 on). `quick_start` makes the file. It is no part of a verdict: Java passes over one that does not fit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from .java import java_identity

FIRST_VERSION = 25

_TO_KEEP = "-XX:AOTCacheOutput="
_SHORT = "-XX:TieredStopAtLevel=1"
_QUIETLY = "-Xlog:disable"
"""Java must not tell of a damaged file among the lines of TLC."""


def classes_file(java: Path, jar: Path) -> Path | None:
    """Where the classes are kept of this TLC under this Java, which may have kept none; None if it cannot.

    They are kept beside the packages of this Python, of which Java and TLC are two.
    """
    identity = java_identity(java)
    version = re.search(r'^JAVA_VERSION="(\d+)', identity, re.MULTILINE)
    if version is None or int(version[1]) < FIRST_VERSION:
        return None
    seen = jar.stat()
    parts = (identity, java.resolve(), jar.resolve(), seen.st_size, seen.st_mtime_ns)
    return Path(sys.prefix) / f"tlc-{sha256(repr(parts).encode()).hexdigest()[:16]}.aot"


def options_to_keep(file: Path) -> tuple[str, ...]:
    """Java's options for a run after which it writes the file."""
    return (_QUIETLY, f"{_TO_KEEP}{file}")


def options_to_use(java: Path, jar: Path, asked: Sequence[str]) -> tuple[str, ...]:
    """Java's options for a short run that starts with the classes, if they are kept and the run keeps none.

    What is kept tells the optimising compiler, too, what a program does most; after so short a run as made
    it that is wrong. (A search of 130,000 states took 16 s instead of 10.)
    """
    if _SHORT not in asked or any(option.startswith(_TO_KEEP) for option in asked):
        return ()
    file = classes_file(java, jar)
    return (_QUIETLY, f"-XX:AOTCache={file}") if file is not None and file.is_file() else ()
