"""Meanings: each word of the language, what it is in the kernel, and what TLA+ and Python make of it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILES = ("structure.toml", "builtins.toml")

_WITHOUT_CODE = ("files", "claims")
"""The sections of what is not compiled."""

_ONLY_CONTROL = "only `at` moves on"
"""What TLA+ makes of a step without an effect."""


@dataclass(frozen=True)
class Meaning:
    """One construct: how it is written, what it means in the kernel and where that is, how many steps it is.

    `tla` and `python` are pieces of what it is compiled to, with a task's locals by their bare names;
    `example` can be compiled, between `before` and `after`.
    """

    section: str
    words: tuple[str, ...]
    form: str
    kernel: str
    origin: str = ""
    steps: str = ""
    tla: tuple[str, ...] = ()
    python: tuple[str, ...] = ()
    example: str = ""
    before: str = ""
    after: str = ""

    def row(self) -> str:
        """A row of its section's table in docs/language.md."""
        origin = f" ({self.origin})" if self.origin else ""
        cells = [f"`{self.form}`", f"{self.kernel}{origin}"]
        if self.steps:
            cells.append(self.steps)
        if self.section not in _WITHOUT_CODE:
            only_control = _ONLY_CONTROL if self.steps == "1" else "-"
            cells += [_code(self.tla) or only_control, _code(self.python) or "-"]
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _code(pieces: tuple[str, ...]) -> str:
    return ", ".join(f"`{piece}`" for piece in pieces)


@cache
def meanings() -> tuple[Meaning, ...]:
    """All constructs, in the order of the language reference."""
    found: list[Meaning] = []
    for file in _FILES:
        sections = tomllib.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))
        for section, words in sections.items():
            found += [_meaning(section, name, entry) for name, entry in words.items()]
    return tuple(found)


def _meaning(section: str, name: str, entry: dict[str, str | list[str]]) -> Meaning:
    words = tuple(entry.pop("words", [name]))
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    texts = {key: value for key, value in entry.items() if isinstance(value, str)}
    return Meaning(section, words, **texts, **lists)  # type: ignore[arg-type]


@cache
def meaning_of() -> dict[str, Meaning]:
    """The construct that each word belongs to; the first one that names it."""
    found: dict[str, Meaning] = {}
    for meaning in meanings():
        for word in meaning.words:
            found.setdefault(word, meaning)
    return found
