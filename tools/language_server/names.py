"""Names: what a text declares and where it can be seen, found by its words alone, so also while it is typed.

In a text that compiles no name hides another, so the last declaration that can be seen is what is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pcpdrain.codegen.frontend.parse import keywords
from pcpdrain.codegen.source import Source

_TOKEN = re.compile(
    r'(?P<comment>//[^\n]*|/\*(?:[\s\S]*?\*/|[\s\S]*))|"[^"\n]*"?|(?P<word>[A-Za-z_]\w*)|\S', re.ASCII
)
_TYPES = ("cpumask", "cpumask_var", "spinlock", "mutex", "bool", "int", "cpu", "handler", "condition")
_ROUTINES = ("routine", "handler", "condition")
_LOOPS = ("for_each_online_cpu", "for_each_cpu", "for_each_populated_zone")
_PREFIXES = ("static", "counter", "invariant", *_TYPES, *_ROUTINES)


@dataclass(frozen=True)
class Declaration:
    """A name, what declares it, its place, and up to where it can be seen; at the `top`, everywhere."""

    name: str
    what: str
    start: int
    end: int
    seen_until: int
    top: bool

    def is_seen_at(self, offset: int) -> bool:
        """Whether the name means this at a place."""
        return self.top or self.start <= offset <= self.seen_until


@dataclass
class _Open:
    """A name of which it is not known yet where it ends to be seen."""

    name: str
    what: str
    start: int
    depth: int


def word_at(text: str, offset: int) -> tuple[str, int]:
    """The word that a place is in or at the end of, and where it begins; empty where there is none."""
    for token in _TOKEN.finditer(text):
        if token.start() > offset:
            break
        if token.group("word") and offset <= token.end():
            return token.group(), token.start()
    return "", offset


def words_before(text: str, offset: int) -> list[str] | None:
    """The words and signs before a place, and before the word at it; None in a comment or a string."""
    found: list[str] = []
    for token in _TOKEN.finditer(text):
        if token.start() >= offset or (token.group("word") and token.end() >= offset):
            break
        if token.group().startswith(('"', "//", "/*")) and not _ends_before(
            token.group(), token.end(), offset
        ):
            return None
        if token.group("comment") is None:
            found.append(token.group())
    return found


def _ends_before(quoted: str, end: int, offset: int) -> bool:
    """Whether a comment or a string is over at a place; what no sign closes goes on at its end."""
    if quoted.startswith('"'):
        closed = quoted[1:].endswith('"')
    else:
        closed = quoted.startswith("/*") and quoted[2:].endswith("*/")
    return end <= offset if closed else end < offset


def declarations(source: Source) -> list[Declaration]:
    """All that a text declares, in its order."""
    return sorted(_declarations(source.text), key=lambda found: found.start)


def declaration_of(source: Source, name: str, offset: int) -> Declaration | None:
    """What a name means at a place; None if nothing in this text says so."""
    seen = [found for found in declarations(source) if found.name == name and found.is_seen_at(offset)]
    return seen[-1] if seen else None


def _declarations(text: str) -> Iterator[Declaration]:
    tokens = [token for token in _TOKEN.finditer(text) if token.group("comment") is None]
    words = [token.group() for token in tokens]
    outermost = 0 if words[:1] == ["library"] else 1
    depth = 0
    waiting: list[_Open] = []
    for index, token in enumerate(tokens):
        word = token.group()
        if word == "{":
            depth += 1
        elif word == "}":
            depth = max(0, depth - 1)
            yield from (_closed(one, token.end(), outermost) for one in waiting if one.depth > depth)
            waiting = [one for one in waiting if one.depth <= depth]
        elif token.group("word") and word not in keywords():
            what = _what(words, index, depth, outermost)
            if what:
                inside = depth + (depth == outermost and what.startswith("parameter"))
                waiting.append(_Open(word, what, token.start(), inside))
    yield from (_closed(one, len(text), outermost) for one in waiting)


def _closed(one: _Open, end: int, outermost: int) -> Declaration:
    return Declaration(one.name, one.what, one.start, one.start + len(one.name), end, one.depth <= outermost)


def _what(words: list[str], index: int, depth: int, outermost: int) -> str:
    """What a word declares, as a reader would say; empty when it declares nothing."""
    before = ["", "", "", *words[:index]][-3:]
    after = words[index + 1] if index + 1 < len(words) else ""
    type_name = before[2]
    if depth <= outermost:
        if before[1] == "static" and type_name in _TYPES:
            return f"static {type_name}"
        if type_name in ("counter", "invariant"):
            return type_name
        if after == "(" and type_name in _ROUTINES:
            return type_name
        if words[index] == "drain_all_pages" and after == "(":
            return "the call itself"
        return f"parameter, {type_name}" if type_name in _TYPES and before[1] in ("(", ",") else ""
    if type_name in _TYPES and before[1] not in ("(", ","):
        return f"local {type_name}"
    if type_name == "(" and before[1] in _LOOPS:
        return "zone of a loop" if before[1] == _LOOPS[2] else "CPU of a loop"
    if after == ":" and before[2] in (";", "{", "}", ")", "else", ":"):
        return "label"
    return "variable of the invariant" if after == "in" and before[2] in ("forall", "exists", ",") else ""
