"""Run cache: what an engine printed, kept under the digest of all that went into the run.

Kept is the output, not the verdict: what is made of it is made anew each time, by the code that judges a run.
So nothing that is shown depends on whether a run is made or remembered.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from ..files import OutputError, reason, write_atomically
from .process import Finished

FORMAT = "pcpdrain-run 1"
"""The first line of an entry. Then a line with the digest of the key and the rest, then the run as JSON."""

_FOR = 60 * 24 * 60 * 60
"""Seconds for which an entry is kept after it was last used."""


def run_key(parts: Iterable[str], files: Mapping[str, str]) -> str:
    """The digest of a run: its `parts` (engine, flags, ...) and the text of each file that it reads."""
    return sha256(json.dumps([list(parts), sorted(files.items())]).encode()).hexdigest()


@lru_cache(maxsize=8)
def file_digest_of(path: Path) -> str:
    """The SHA-256 of a file that stays as it is while this program runs: of an engine."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Kept:
    """A run, and the text of the file that it left behind, if it left one that matters."""

    finished: Finished
    attached: str | None


class RunCache:
    """A folder of entries. Several threads and several processes may use it at the same time.

    Without a folder it keeps nothing. It counts what it gives and what it cannot use.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.given = 0
        """Runs that it had."""
        self.damaged = 0
        """Entries that are not as they were written."""
        self.other_version = 0
        """Entries of another version of this project."""
        self.failure = ""
        """Why a run could not be kept; empty if all were."""
        self._lock = threading.Lock()

    def find(self, key: str) -> Kept | None:
        """The run of that key, if it is there as it was written."""
        if self.folder is None:
            return None
        path = self.folder / key
        try:
            text = path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError):
            self._count("damaged")
            return None
        head, _, rest = text.partition("\n")
        if head != FORMAT:
            self._count("other_version" if head.startswith("pcpdrain-run ") else "damaged")
            return None
        digest, _, body = rest.partition("\n")
        if digest != _digest(key, body):
            self._count("damaged")
            return None
        try:
            run = json.loads(body)
            kept = Kept(Finished(run["status"], tuple(run["lines"]), run["seconds"]), run["attached"])
        except (ValueError, KeyError, TypeError):  # written by other code that called itself the same version
            self._count("damaged")
            return None
        self._count("given")
        with contextlib.suppress(OSError):
            os.utime(path)  # when it was last used
        return kept

    def keep(self, key: str, finished: Finished, attached: str | None = None) -> None:
        """Keep a run that gave a verdict; never one that was stopped, killed or incomplete."""
        if self.folder is None:
            return
        body = json.dumps({**vars(finished), "attached": attached})
        try:
            write_atomically(self.folder / key, f"{FORMAT}\n{_digest(key, body)}\n{body}")
        except OutputError as error:
            self.failure = self.failure or str(error)

    def recall(self, key: str) -> Any:
        """The data that was noted under that key; None if there are none as they were written."""
        kept = self.find(key)
        return json.loads(kept.finished.lines[0]) if kept is not None else None

    def note(self, key: str, data: Any, seconds: float) -> None:
        """Keep what was computed in this process, as JSON, like the one line that an engine printed."""
        self.keep(key, Finished(0, (json.dumps(data),), seconds))

    def forget_unused(self) -> None:
        """Remove what has not been used for two months."""
        try:
            for path in self.folder.iterdir() if self.folder is not None and self.folder.exists() else ():
                with contextlib.suppress(FileNotFoundError):  # another run was quicker
                    if path.stat().st_mtime < time.time() - _FOR:
                        path.unlink()
        except OSError as error:
            self.failure = self.failure or f"cannot tidy {self.folder}: {reason(error)}"

    def lines(self) -> list[str]:
        """What is to be told: entries that could not be used, and why nothing can be kept."""
        unusable = {"damaged": self.damaged, "of another version": self.other_version}
        lines = [f"cache: {n} {what} in {self.folder}, made again" for what, n in unusable.items() if n]
        return lines + ([f"cache: nothing is kept: {self.failure}"] if self.failure else [])

    def _count(self, what: str) -> None:
        with self._lock:
            setattr(self, what, getattr(self, what) + 1)


def _digest(key: str, body: str) -> str:
    return sha256(f"{key}\n{body}".encode()).hexdigest()
