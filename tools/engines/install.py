"""Install: the pinned release of Apalache, downloaded, checked and unpacked into the user's cache folder.

Nothing is there under its final name before it is whole, its digest is right and it has answered.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

from filelock import FileLock, Timeout

from ..files import reason, write_atomically
from .apalache_found import PROGRAM, URL_VARIABLE, VERSION, Apalache, installed_folder
from .apalache_version import apalache_version
from .download import Downloaded, DownloadFailed, download, fetch_text

_URL = f"https://github.com/apalache-mc/apalache/releases/download/v{VERSION}"
_ARCHIVE = f"apalache-{VERSION}.tgz"
_DIGESTS = "sha256sum.txt"

PINNED: str | None = None
"""The SHA-256 of the archive. While none is pinned, the first archive must have the digest that the release
itself publishes; that one is kept, and every later archive must have it."""

_LARGEST = 1024 * 1024 * 1024
"""Bytes that an archive may have: some ten times what Apalache has."""
_LARGEST_UNPACKED = 2 * _LARGEST


class InstallError(Exception):
    """An engine could not be installed; one line that says why, and what to do."""


def install_apalache(
    on_progress: Callable[[Downloaded], None], *, connect: float = 15.0, wait: float = 600.0
) -> str:
    """Install the pinned release, if it is not installed; a line that says what was done.

    `connect` is how many seconds connecting may take, `wait` how many another installation may.

    Raises:
        InstallError: it could not be installed. What was downloaded is kept for the next time, unless its
            digest is wrong.
    """
    folder = installed_folder()
    try:
        with _alone(folder.parent, wait):
            if (folder / PROGRAM).is_file():
                return f"Apalache {VERSION} is installed already, in {folder}"
            archive = folder.parent / _ARCHIVE
            url = os.environ.get(URL_VARIABLE, "").rstrip("/") or _URL
            expected, whose = _expected_digest(folder.parent, url, connect)
            download(f"{url}/{_ARCHIVE}", archive, on_progress, connect=connect, largest=_LARGEST)
            _check_digest(archive, expected, whose)
            write_atomically(_kept_digest(folder.parent), f"{expected}  {_ARCHIVE}\n")
            _unpack(archive, folder)
            archive.unlink()
    except DownloadFailed as error:
        raise InstallError(str(error)) from None
    except OSError as error:
        raise InstallError(f"cannot install Apalache into {folder}: {reason(error)}") from None
    return f"Apalache {VERSION} is installed in {folder} (sha256 {expected}, {whose})"


@contextmanager
def _alone(folder: Path, wait: float) -> Iterator[None]:
    """Only one installation at a time; the lock ends with the process that holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "install.lock", timeout=wait):
            yield
    except Timeout:
        raise InstallError(f"another installation has been under way for {wait:.0f} s; try again") from None


def _kept_digest(folder: Path) -> Path:
    return folder / f"{_ARCHIVE}.sha256"


def _expected_digest(folder: Path, url: str, connect: float) -> tuple[str, str]:
    """The digest that the archive must have, and who says so."""
    if PINNED is not None:
        return PINNED, "as pinned"
    kept = _kept_digest(folder)
    if kept.is_file():
        return _digest_in(kept.read_text(encoding="utf-8", errors="replace"), str(kept)), "as first seen"
    published = fetch_text(f"{url}/{_DIGESTS}", connect=connect)
    return _digest_in(published, f"{url}/{_DIGESTS}"), "as the release says; it must be the same from now on"


def _digest_in(text: str, name: str) -> str:
    """The archive's digest in a file in the form of sha256sum."""
    found = re.search(rf"^([0-9a-f]{{64}}) [ *]?(?:\S*/)?{re.escape(_ARCHIVE)}$", text, re.MULTILINE)
    if found is None:
        raise InstallError(f"{name} has no SHA-256 of {_ARCHIVE}")
    return found[1]


def _check_digest(archive: Path, expected: str, whose: str) -> None:
    """A wrong archive is removed: going on with it would never end well."""
    with archive.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    if digest != expected:
        archive.unlink()
        raise InstallError(
            f"{_ARCHIVE} has another digest than expected, and was removed: sha256 {digest}, "
            f"expected {expected} ({whose}). If that happens again, do not use what is offered there"
        )


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack beside the folder, see whether it answers, and only then give it its name."""
    if not hasattr(tarfile, "data_filter"):
        raise InstallError("to unpack an archive safely, Python 3.11.4 or newer is needed")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="unpacking-") as name:
        try:
            with tarfile.open(archive, "r:gz") as packed:
                if sum(member.size for member in packed.getmembers()) > _LARGEST_UNPACKED:
                    raise InstallError(f"{_ARCHIVE} is far too large")
                packed.extractall(name, filter="data")
        except (tarfile.TarError, EOFError) as error:
            raise InstallError(f"{_ARCHIVE} cannot be unpacked: {error}") from None
        found = [path.parents[len(PROGRAM.parts) - 1] for path in Path(name).rglob(str(PROGRAM))]
        if len(found) != 1:
            raise InstallError(f"{_ARCHIVE} has no {PROGRAM}")
        version = apalache_version(Apalache(found[0] / PROGRAM, "archive"))
        if version.number != VERSION:
            raise InstallError(f"what {_ARCHIVE} has is no Apalache {VERSION}: {version.told}")
        if folder.exists():
            shutil.rmtree(folder)  # left over, without its program
        found[0].replace(folder)
