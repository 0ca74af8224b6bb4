"""Write: tokens laid out, and the comments between them => text of lines that are not too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .comments import Between, Comment, between
from .layout import Piece

WIDTH = 110
"""Columns of a line; a string or a comment may go beyond."""


@dataclass(frozen=True)
class Word:
    """A token with the comments in front of it; `rank` as in `layout.Before`."""

    text: str
    blanks: int
    rank: int | None


@dataclass
class Row:
    """Words that stand on one line if it is long enough, and the comment behind them."""

    column: int
    hang: int
    apart: bool = False
    words: list[Word] = field(default_factory=list)
    comment: str = ""

    def lines(self) -> Iterator[str]:
        """The row, broken where the rank is lowest, as far to the right as there is room."""
        if self.apart:
            yield ""
        column, words = self.column, self.words
        while words:
            count = _fitting(words, WIDTH - column)
            text = " " * column + _joined(words[:count])
            column, words = self.hang, words[count:]
            yield text if words or not self.comment else f"{text}  {self.comment}"


def write(text: str, pieces: Sequence[Piece]) -> str:
    """The pieces of a text, with all its comments."""
    rows = _Rows()
    end = 0
    for piece in pieces:
        rows.add(piece, between(text, end, piece.start, new_line=piece.before.line))
        end = piece.end
    rows.finish(between(text, end, len(text), new_line=True))
    return "".join(f"{line}\n" for row in rows.rows for line in row.lines())


class _Rows:
    """The rows so far, and the piece that came last."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._last: Piece | None = None

    def add(self, piece: Piece, found: Between) -> None:
        """A piece, and what is between the last one and it: a comment there may make it begin a line."""
        self._behind(found.behind)
        line = piece.before.line or (piece.closes and bool(found.alone))
        inside = self._last is not None and not self._last.opens
        begun = len(self.rows)
        self._alone(found.alone, piece.comments if line else piece.hang, apart=line and inside)
        if line or found.behind or found.alone:
            # No blank line where a block begins or ends, nor within a statement.
            apart = found.apart and line and not piece.closes and (inside or bool(found.alone))
            self.rows.append(Row(piece.column if line else piece.hang, piece.hang, apart))
            if piece.before.apart and inside and not any(row.apart for row in self.rows[begun:]):
                self.rows[begun].apart = True
        text = " ".join([*(comment.text for comment in found.in_front), piece.text])
        blanks = max(piece.before.blanks, 1) if found.in_front else piece.before.blanks
        self.rows[-1].words.append(Word(text, blanks, piece.before.rank))
        self._last = piece

    def finish(self, found: Between) -> None:
        """What stands after the last piece."""
        self._behind(found.behind)
        self._alone(found.alone, 0, apart=True)

    def _behind(self, comments: Sequence[Comment]) -> None:
        if comments:
            self.rows[-1].comment = " ".join(comment.text.rstrip() for comment in comments)

    def _alone(self, comments: Sequence[Comment], column: int, *, apart: bool) -> None:
        for number, comment in enumerate(comments):
            row = Row(column, column, comment.apart and (apart or number > 0) and bool(self.rows))
            row.words.append(Word(comment.at(column), 0, None))
            self.rows.append(row)


def _joined(words: Sequence[Word]) -> str:
    first, *rest = words
    return first.text + "".join(" " * word.blanks + word.text for word in rest)


def _fitting(words: Sequence[Word], room: int) -> int:
    """How many of the words go on a line; all of them if it cannot be broken."""
    best: tuple[int, int] | None = None
    width = 0
    for number, word in enumerate(words):
        if number and word.rank is not None and (width <= room or best is None):
            best = min(best or (word.rank, -number), (word.rank, -number))
        width += len(word.text) + (word.blanks if number else 0)
        if width > room and best is not None:
            return -best[1]
    return len(words)
