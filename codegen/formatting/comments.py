"""Comments: what stands between two tokens, and where each comment of it belongs."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMENT = re.compile(r"//[^\n]*|/\*[\s\S]*?\*/")


@dataclass(frozen=True)
class Comment:
    """One comment, and where it is: its column from 0, and whether a blank line is above it (`apart`).

    `first` tells that it is on the line of the token before it, `last` on that of the token after it.
    """

    text: str
    column: int
    apart: bool
    first: bool
    last: bool

    @property
    def is_word(self) -> bool:
        """Whether it may stand among the words of a line."""
        return self.text.startswith("/*") and "\n" not in self.text

    def at(self, column: int) -> str:
        """The text for another column; further lines move with the first, as far as there is room."""
        head, *rest = self.text.split("\n")
        lines = [head.rstrip()]
        for line in rest:
            body = line.strip()
            old = len(line[: len(line) - len(line.lstrip())].expandtabs())
            lines.append(" " * max(0, old + column - self.column) + body if body else "")
        return "\n".join(lines)


@dataclass(frozen=True)
class Between:
    """What is between two tokens: comments behind the first, on lines of their own, in front of the second.

    `apart`: a blank line is right above the second token.
    """

    behind: tuple[Comment, ...]
    alone: tuple[Comment, ...]
    in_front: tuple[Comment, ...]
    apart: bool


def between(text: str, start: int, end: int, *, new_line: bool) -> Between:
    """Read what is between two tokens. If the second begins a `new_line`, no comment goes in front of it."""
    comments, apart = _comments(text, start, end)
    front = len(comments)
    while not new_line and front and comments[front - 1].last and comments[front - 1].is_word:
        front -= 1
    behind = 0
    while start and behind < front and comments[behind].first and "\n" not in comments[behind].text:
        behind += 1
    return Between(tuple(comments[:behind]), tuple(comments[behind:front]), tuple(comments[front:]), apart)


def _comments(text: str, start: int, end: int) -> tuple[list[Comment], bool]:
    found: list[Comment] = []
    place = start
    for match in _COMMENT.finditer(text, start, end):
        line_start = text.rfind("\n", 0, match.start()) + 1
        column = len(text[line_start : match.start()].expandtabs())
        blanks = text[place : match.start()]
        first = "\n" not in text[start : match.start()]
        last = "\n" not in text[match.end() : end] and match.group().startswith("/*")
        found.append(Comment(match.group(), column, blanks.count("\n") > 1, first, last))
        place = match.end()
    return found, text[place:end].count("\n") > 1
