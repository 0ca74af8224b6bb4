"""Files: written whole or not at all, one or several together; and asked about before a long run."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

_PROBE = 64 * 1024
"""Bytes that must fit before a run begins: about as much as results with a few traces take."""


class OutputError(Exception):
    """Something cannot be written; one line that names the file and the reason."""


def write_atomically(path: Path, text: str) -> None:
    """Write a text file by way of a neighbour, so that nobody ever sees half of it.

    Raises:
        OutputError: the folder is read-only, the disk full, ...
    """
    write_together({path: text})


def write_together(texts: Mapping[Path, str | bytes]) -> None:
    """Write files, texts or bytes: each is there, whole, under another name before the first takes its place.

    Raises:
        OutputError: one of them cannot be written; then all of them are as they were.
    """
    staged: dict[Path, str] = {}
    named = Path()
    try:
        for named, text in texts.items():
            path = named.resolve()  # what a symbolic link names is written, and the link stays
            _refuse_special(path)
            _make_folder(path.parent)
            handle, staged[path] = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode() if isinstance(text, str) else text)
            Path(staged[path]).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        for path, temporary in staged.items():
            Path(temporary).replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {named}: {reason(error)}") from None
    finally:
        for temporary in staged.values():
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


def ensure_writable(path: Path) -> None:
    """Find out, before a long run, whether a file can be written there; what is there now stays as it is.

    Raises:
        OutputError: it cannot.
    """
    try:
        _refuse_special(path.resolve())
    except OSError as error:
        raise OutputError(f"cannot write {path}: {reason(error)}") from None
    ensure_folder_writable(path.resolve().parent if path.is_symlink() else path.parent)


def _refuse_special(path: Path) -> None:
    """A device, a pipe or a folder must not be replaced by a file."""
    if path.is_dir():
        raise IsADirectoryError(0, "it is a folder")
    if path.exists() and not path.is_file():
        raise OSError(0, "it is there and is not a regular file")


def ensure_folder_writable(folder: Path) -> None:
    """Make a folder, if need be, and find out whether files can be written into it.

    Raises:
        OutputError: they cannot.
    """
    try:
        _make_folder(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_PROBE))
    except OSError as error:
        raise OutputError(f"cannot write into {folder}: {reason(error)}") from None


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(0, f"{error.filename} is not a folder") from None


def reason(error: OSError) -> str:
    """Why the system refused, without the number and the file name."""
    return error.strerror or str(error)
