"""A diagnostic: what is wrong, where, and what to do; and how it looks in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from .excerpt import excerpt, printable

if TYPE_CHECKING:
    from ..source import Span

_MOST_COMPARED = 200
"""A file with more names than this is no variant by hand, and looking for near ones would take minutes."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Diagnostic:
    """One message about one place in a source."""

    code: str
    severity: Severity
    span: Span
    message: str
    help: str

    def render(self) -> str:
        """The message as an engineer reads it: place, source line, caret, help."""
        line = self.span.line
        gutter = " " * len(str(line))
        rows = [f"{self.span}: {self.severity} {self.code}: {printable(self.message)}"]
        shown = excerpt(self.span)
        if shown is not None:
            rows.append(f" {line} | {shown[0]}")
            rows.append(f" {gutter} | {shown[1]}")
        rows.append(f" {gutter} = help: {printable(self.help)}")
        return "\n".join(rows)


class DrainErrors(Exception):
    """All errors of one phase, sorted by place."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(
            sorted(set(diagnostics), key=lambda d: (d.span.source.name, d.span.start, d.code, d.message))
        )
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return "\n\n".join(diagnostic.render() for diagnostic in self.diagnostics)


def suggestion(word: str, known: Iterable[str], otherwise: str) -> str:
    """A help line: the known word nearest to `word`, or `otherwise` when none is near."""
    near = _nearest(word, tuple(sorted(set(known))))
    return f"did you mean `{near}`?" if near is not None else otherwise


@lru_cache(maxsize=1000)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    if len(known) > _MOST_COMPARED:
        return None
    close = get_close_matches(word, known, n=5, cutoff=0.6)
    return next((other for other in close if _differ_little(word, other)), None)


def _differ_little(word: str, other: str) -> bool:
    """Whether two words are near even without the prefix they share, such as `cpumask_`."""
    left, right = word, other
    while "_" in left and left.partition("_")[0] == right.partition("_")[0]:
        left, right = left.partition("_")[2], right.partition("_")[2]
    return not (left and right) or SequenceMatcher(None, left, right).ratio() >= 0.6


def listing(words: Iterable[str], conjunction: str = "or") -> str:
    """`a, b or c`, in a stable order."""
    ordered = sorted(set(words), key=lambda word: word.strip("`"))
    if len(ordered) < 2:
        return "".join(ordered)
    return f"{', '.join(ordered[:-1])} {conjunction} {ordered[-1]}"
