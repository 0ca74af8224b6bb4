"""Watch: do something now, and again whenever a file has other contents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from watchfiles import watch

_LOOK = 1000
"""Milliseconds after which the files are read again in any case: network drives do not tell of changes."""


def on_each_change(files: Sequence[Path], action: Callable[[], object]) -> None:
    """Call `action` now and after each change of the files, one call at a time.

    What changes during a call leads to another. Editors replace a file rather than write to it, so it is the
    folders that are watched.

    Raises:
        KeyboardInterrupt: Ctrl-C, which is the only end.
    """
    folders = {file.resolve().parent for file in files}
    seen = _contents(files)
    action()
    for _ in watch(
        *folders, recursive=False, rust_timeout=_LOOK, yield_on_timeout=True, raise_interrupt=True
    ):
        now = _contents(files)
        if now != seen:
            seen = now
            action()


def _contents(files: Sequence[Path]) -> list[bytes | None]:
    """What is in the files; None for one that cannot be read just now."""
    return [_content(file) for file in files]


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
