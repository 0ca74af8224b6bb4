"""Attempt: get Apalache in passing, without ever being in the way.

`make check-spec` tries. Where there is no network that must not cost time again and again, so a failure is
remembered for a day.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from ..files import OutputError, write_atomically
from ..user_cache import user_cache
from .apalache_found import URL_VARIABLE, VERSION, find_apalache
from .java import EngineMissing

OFFLINE_VARIABLE = "PCPDRAIN_OFFLINE"
"""The environment variable that, set to anything but 0, keeps all attempts from the network."""

_DAY = 24 * 60 * 60.0
_CONNECT = 5.0
_FIRST_LINE = 200


def attempt_install() -> str:
    """Install Apalache if there is none; a line that says how it went, empty if it was there."""
    with contextlib.suppress(EngineMissing):
        find_apalache()
        return ""
    if os.environ.get(OFFLINE_VARIABLE, "0") not in ("", "0"):
        return f"Apalache is not here, and {OFFLINE_VARIABLE} is set"
    if os.environ.get("APALACHE_HOME"):
        return ""  # it names none: whoever uses it says so
    failed = _failed_before()
    if failed is not None:
        return f"Apalache is not here; tried within the last day: {failed}"
    from .install import InstallError, install_apalache  # what downloads is slow to load

    try:
        return install_apalache(lambda _at: None, connect=_CONNECT, wait=_CONNECT)
    except (InstallError, EngineMissing, OutputError) as error:
        _remember(str(error))
        return f"Apalache is not here: {error}"


def _memory() -> Path:
    return user_cache() / "apalache" / "failed-attempt"


def _mark() -> str:
    """What a failure depends on: another release or another mirror is worth another attempt."""
    return f"{VERSION} {os.environ.get(URL_VARIABLE, '')}"


def _failed_before() -> str | None:
    """Why the last attempt failed, if that was less than a day ago."""
    try:
        age = time.time() - _memory().stat().st_mtime
        mark, _, why = _memory().read_text(encoding="utf-8", errors="replace").partition("\n")
    except OSError:
        return None
    return why.strip()[:_FIRST_LINE] if 0 <= age < _DAY and mark == _mark() else None


def _remember(why: str) -> None:
    with contextlib.suppress(OutputError):  # then it is tried again the next time
        write_atomically(_memory(), f"{_mark()}\n{why}\n")
