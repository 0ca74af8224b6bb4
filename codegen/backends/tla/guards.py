"""Guards: what a step asks for before it can be taken, conjunct by conjunct, read from the finished text.

An action is a conjunction of guards and of what is new. Here it is taken apart again, the hand-written
modules included, down to conjuncts that use no further definition of their own. As with the frames, this
knows nothing of how the text was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_COMMENT = re.compile(r"\(\*.*?\*\)|\\\*[^\n]*", re.DOTALL)
_DEFINITION = re.compile(r"^(?P<name>[A-Za-z_]\w*)(?:\((?P<parameters>[^)\n]*)\))? ==", re.MULTILINE)
_END = re.compile(r"^(?:-{4,}|={4,}|ASSUME\b|VARIABLES?\b|CONSTANTS?\b|EXTENDS\b)", re.MULTILINE)
_APPLIED = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:\((?P<arguments>.*)\))?", re.DOTALL)
_STRING = re.compile(r'"[^"\n]*"')
_POSITION = re.compile(r'(?:irq_)?at\[\w+\] = "[^"]*"')
_OTHER_WAYS = re.compile(r"\\/|=>|\\[AE]\b|\bIF\b")
"""What makes an expression something else than a plain conjunction."""


@dataclass(frozen=True)
class Guard:
    """One conjunct. `text` is as it stands in `operator`, whose parameters have the given arguments."""

    operator: str
    parameters: tuple[str, ...]
    arguments: tuple[str, ...]
    definitions: str
    text: str

    @property
    def head(self) -> str:
        """The parameters as in the left side of a definition."""
        return f"({', '.join(self.parameters)})" if self.parameters else ""

    @property
    def applied(self) -> str:
        """The arguments as they are applied."""
        return f"({', '.join(self.arguments)})" if self.arguments else ""

    @property
    def body(self) -> str:
        """The text with the definitions that it needs."""
        return f"{self.definitions} IN {self.text}" if self.definitions else self.text

    @property
    def is_position(self) -> bool:
        """Whether it asks no more than that a task or a handler is at a certain step."""
        return _POSITION.fullmatch(self.text) is not None

    @property
    def values(self) -> dict[str, str]:
        """The argument of each parameter."""
        return dict(zip(self.parameters, self.arguments, strict=True))


@dataclass(frozen=True)
class Definition:
    """What stands right of `==`: the conjuncts, and the definitions of the LET before them."""

    parameters: tuple[str, ...]
    definitions: str
    conjuncts: tuple[str, ...]


def guards(files: Mapping[str, str], action: str) -> list[Guard]:
    """The guards of an action that is applied to constants, such as `task_call(0)`, in order.

    What it asks for when it says what is new (`x' = ...`, UNCHANGED) is left out.
    """
    known = {name: found for text in files.values() for name, found in definitions(text)}
    return list(_expanded(known, action, {}))


def _expanded(known: Mapping[str, Definition], text: str, values: Mapping[str, str]) -> Iterator[Guard]:
    """The guards of a definition that is applied, its arguments given in terms of `values`."""
    applied = _APPLIED.fullmatch(text)
    assert applied is not None
    name, definition = applied["name"], known[applied["name"]]
    arguments = tuple(_substituted(part, values) for part in split(applied["arguments"] or "", ","))
    own = dict(zip(definition.parameters, arguments, strict=True))
    for conjunct in definition.conjuncts:
        deeper = _APPLIED.fullmatch(conjunct)
        if "'" in _STRING.sub("", conjunct) or conjunct.startswith("UNCHANGED"):
            continue
        if deeper is not None and deeper["name"] in known and _balanced(deeper["arguments"] or ""):
            yield from _expanded(known, conjunct, own)
        else:
            yield Guard(name, definition.parameters, arguments, definition.definitions, conjunct)


def _substituted(text: str, values: Mapping[str, str]) -> str:
    """An argument, which binds no names of its own, with the values of parameters."""
    return re.sub(r"[A-Za-z_]\w*", lambda word: values.get(word[0], word[0]), text)


def definitions(text: str) -> Iterator[tuple[str, Definition]]:
    """All operators that a module defines, by name."""
    plain = _COMMENT.sub("", text)
    starts = list(_DEFINITION.finditer(plain))
    for match, following in zip(starts, [*starts[1:], None], strict=True):
        body = plain[match.end() : following.start() if following else len(plain)]
        end = _END.search(body)
        body = body[: end.start()] if end else body
        definitions = ""
        if body.lstrip().startswith("LET") and (separator := re.search(r"\bIN\b", body)):
            definitions = " ".join(body[: separator.start()].split())
            before = body[: separator.start()].rpartition("\n")[2]
            body = "\n" + " " * (len(before) + 2) + body[separator.end() :]
        parameters = tuple(part.strip() for part in (match["parameters"] or "").split(",") if part.strip())
        yield match["name"], Definition(parameters, definitions, tuple(_conjuncts(body)))


def _conjuncts(body: str) -> list[str]:
    r"""The parts of a list of conjuncts, all of which begin in one column; or of `a /\ b` on one line."""
    found = re.match(r"(?:[ ]*\n)*(?P<indent>[ ]*)/\\", body)
    if found is not None:
        parts = re.split(rf"^{found['indent']}/\\", body, flags=re.MULTILINE)[1:]
    elif _OTHER_WAYS.search(body):
        parts = [body]
    else:
        parts = split(body, "/\\")
    return [" ".join(part.split()) for part in parts]


def split(text: str, separator: str) -> list[str]:
    """The parts between separators that are inside no brackets; none of an empty text."""
    parts, depth, start, place = [], 0, 0, 0
    while place < len(text):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if depth == 0 and text.startswith(separator, place):
            parts.append(text[start:place].strip())
            start = place = place + len(separator)
        else:
            place += 1
    rest = text[start:].strip()
    return [*parts, rest] if parts or rest else []


def _balanced(text: Sequence[str]) -> bool:
    """Whether a text between an opening and a closing bracket has no bracket that ends before it opens."""
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0
