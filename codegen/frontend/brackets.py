"""Brackets of a source text, found without parsing it: which are open, and how deep they go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..source import Source, Span

# Comments and strings first: a bracket within one is none. What has no end reaches to the end of the text.
_PIECE = re.compile(r'//[^\n]*|/\*(?:[\s\S]*?\*/|[\s\S]*)|"[^"\n]*"?|[(){}]')
_CLOSING = {"(": ")", "{": "}"}


@dataclass(frozen=True)
class Opening:
    """A bracket that opens, with the indentation of its line."""

    span: Span
    indentation: int


def too_deep_bracket(source: Source, limit: int) -> Span | None:
    """The first bracket that is nested deeper than `limit`, or None."""
    depth = 0
    for match in _brackets(source.text):
        if match.group() in _CLOSING:
            depth += 1
            if depth > limit:
                return source.span(match.start(), match.end())
        else:
            depth = max(0, depth - 1)
    return None


def unclosed_bracket(source: Source, end: int, at_least: int = 1) -> Span | None:
    """The bracket that most likely should have been closed before `end`.

    A `}` belongs to the innermost `{`, so when one is forgotten it is the outermost `{` that stays open. The
    one that was meant is found by its indentation: what closes it stands further left than its line begins.

    Returns:
        None if fewer than `at_least` brackets are open at `end`.
    """
    text = source.text
    stack: list[Opening] = []
    suspect: Span | None = None
    for match in _brackets(text):
        place = match.start()
        if place >= end:
            break
        if match.group() in _CLOSING:
            stack.append(Opening(source.span(place, match.end()), _indentation(text, place)))
        elif stack and match.group() == _CLOSING[stack[-1].span.text]:
            opening = stack.pop()
            is_first_on_line = not text[text.rfind("\n", 0, place) + 1 : place].strip()
            if is_first_on_line and _indentation(text, place) < opening.indentation:
                suspect = suspect or opening.span
    if len(stack) < at_least:
        return None
    return suspect if suspect is not None and stack[-1].span.text == "{" else stack[-1].span


def _brackets(text: str) -> Iterator[re.Match[str]]:
    for match in _PIECE.finditer(text):
        if match.group() in "(){}":
            yield match


def _indentation(text: str, offset: int) -> int:
    line = text[text.rfind("\n", 0, offset) + 1 : offset + 1].expandtabs()
    return len(line) - len(line.lstrip())
