"""The line of a source around a place, and the caret below it, cell by cell as a terminal shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

if TYPE_CHECKING:
    from ..source import Span

WIDEST = 100
"""Cells of the source line that are shown; a longer line is cut to a window around the caret."""

_LEAD = 40
"""Cells before the caret that a window keeps."""

_MOST_CHARACTERS = 4 * WIDEST
_TAB = "    "
_LONGEST_QUOTE = 70


def excerpt(span: Span) -> tuple[str, str] | None:
    """The line where the span begins, and a line with `^` below the span; None when that line is blank."""
    line = span.source.line_text(span.line)
    if not line.strip():
        return None
    first = min(span.col - 1, len(line))
    last = min(max(span.end - span.start, 1) + first, len(line))
    # Each character but a combining one fills at least one cell, so these are more than can be shown.
    skipped, end = max(0, first - _MOST_CHARACTERS), first + _MOST_CHARACTERS
    before, marked, after = map(
        _cells, (line[skipped:first], line[first : min(last, end)], line[min(last, end) : end])
    )
    begin, width = len(before), max(1, len(marked))
    cells = before + marked + after
    if len(cells) <= WIDEST and not skipped:
        return _text(cells), " " * begin + "^" * width
    left = max(0, min(begin - _LEAD, len(cells) - WIDEST))
    while left and not cells[left]:  # never cut a wide character in half
        left -= 1
    right = left + WIDEST
    dots_left = "... " if left or skipped else ""
    dots_right = " ..." if right < len(cells) or end < len(line) else ""
    caret = " " * (len(dots_left) + begin - left) + "^" * min(width, right - begin)
    return f"{dots_left}{_text(cells[left:right])}{dots_right}", caret


def printable(text: str) -> str:
    """A message without anything that could move a terminal's cursor, and with very long quotes cut short."""
    pieces = text.split("`")
    for index, piece in enumerate(pieces):
        if index % 2 and len(piece) > _LONGEST_QUOTE:
            pieces[index] = f"{piece[: _LONGEST_QUOTE - 10]}..."
    return "".join(_shown(char) for char in "`".join(pieces))


def _cells(text: str) -> list[str]:
    """What each cell shows; the second cell of a wide character is empty."""
    cells: list[str] = []
    for char in text:
        if char == "\t":
            cells.extend(_TAB)
        elif combining(char) and cells:
            at = len(cells) - 1 if cells[-1] else len(cells) - 2
            cells[at] += char
        else:
            cells.append(_shown(char))
            if east_asian_width(char) in {"W", "F"}:
                cells.append("")
    return cells


def _text(cells: list[str]) -> str:
    return "".join(cells).rstrip()


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"
