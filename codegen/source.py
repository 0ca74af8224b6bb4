"""Source text and places in it.

A `Source` is one `.drain` file as text; a `Span` is a piece of one. Reading refuses what cannot be a
variant (wrong encoding, far too large), with the place of the first bad byte.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from . import errors

MAX_BYTES = 64 * 1024
"""Largest accepted file. A variant is a page of text; the largest in `spec/` is under 4 KiB."""


@dataclass(frozen=True, eq=False)
class Source:
    """One file: the name shown in messages, and its text."""

    name: str
    text: str
    path: Path | None = field(default=None)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        return starts

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text, in hex: what a trace file names to say which source it belongs to."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def line_count(self) -> int:
        """How many lines the text has."""
        return self.text.count("\n") + (not self.text.endswith("\n"))

    def line_col(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character offset."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a 1-based line, without its line end."""
        starts = [*self._line_starts[line - 1 : line + 1], len(self.text) + 1]
        return (
            self.text[starts[0] : starts[1] - 1].rstrip("\r") if 1 <= line <= len(self._line_starts) else ""
        )

    def span(self, start: int, end: int) -> Span:
        """The piece of text from `start` up to but not including `end`."""
        return Span(self, start, end)


@dataclass(frozen=True)
class Span:
    """A piece of a source, for messages and for the way back from a step to its line."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """1-based line of the first character."""
        return self.source.line_col(self.start)[0]

    @property
    def col(self) -> int:
        """1-based column of the first character."""
        return self.source.line_col(self.start)[1]

    @property
    def text(self) -> str:
        """The text itself."""
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.col}"


def read_source(path: Path) -> Source:
    """Read a `.drain` file.

    Raises:
        errors.DrainErrors: the file cannot be read, is not UTF-8 text, or is larger than `MAX_BYTES`.
    """
    name = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
            size = max(len(data), path.stat().st_size)
    except OSError as error:
        raise errors.DrainErrors([errors.unreadable(Source(name, ""), error)]) from None
    if len(data) > MAX_BYTES:
        raise errors.DrainErrors([errors.too_large(Source(name, ""), size, MAX_BYTES)])
    return decode_source(name, data, path)


def decode_source(name: str, data: bytes, path: Path | None = None) -> Source:
    """Turn the bytes of a file into a `Source`; refuses bytes that are not UTF-8 text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = data[: error.start].decode("utf-8", errors="replace")
        rest = data[error.start :].decode("latin-1")
        span = Source(name, good + rest, path).span(len(good), len(good) + 1)
        raise errors.DrainErrors([errors.not_utf8(span, data[error.start])]) from None
    source = Source(name, text, path)
    nul = text.find("\0")
    if nul >= 0:
        raise errors.DrainErrors([errors.not_text(source.span(nul, nul + 1))])
    return source
