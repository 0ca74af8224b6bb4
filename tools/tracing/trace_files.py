"""Trace files: event traces in either of their two forms."""

from __future__ import annotations

from pathlib import Path

from ..files import reason
from ..traces import TraceError
from .event_traces import EventTrace
from .itf import read_itf, write_itf
from .ndjson import is_ndjson, read_ndjson, write_ndjson

WRITERS = {"ndjson": write_ndjson, "itf": write_itf}
"""How a trace is written, by the name of the form."""

_LONGEST_FILE = 512 * 1024 * 1024
"""Bytes of the largest trace that is read."""


def read_event_trace(path: Path) -> EventTrace:
    """Read a trace, whichever form it has.

    Raises:
        TraceError: it cannot be read, or is damaged; the message names the file, and mostly the line.
    """
    try:
        with path.open("rb") as file:
            read = file.read(_LONGEST_FILE + 1)
    except OSError as error:
        raise TraceError(f"{path}: {reason(error)}") from None
    if len(read) > _LONGEST_FILE:
        raise TraceError(f"{path}: far too large for a trace")
    try:
        text = read.decode("utf-8")
    except UnicodeDecodeError as error:
        line = read.count(b"\n", 0, error.start) + 1
        raise TraceError(f"{path}:{line}: not UTF-8; `pcpdrain record` writes traces") from None
    if text.lstrip().startswith("{") and '"pcpdrain-trace ' in text[:200]:
        raise TraceError(f"{path}:1: a counterexample of `pcpdrain check`; `pcpdrain replay` runs it")
    return read_ndjson(text, str(path)) if is_ndjson(text) else read_itf(text, str(path))
