"""Values: the text of a TLA+ value, as TLC prints it, <=> one canonical Python value.

The canonical Python values are hashable and equal when the TLA+ values are:

===================================  =====================================================
TLA+ as printed                      Python
===================================  =====================================================
``3``, ``-1``                        int
``TRUE``                             bool
``"idle"``                           str
``{1, 2}``, ``1..2``                 frozenset
``<<1, 2>>``                         tuple
``(0 :> "a" @@ 1 :> "b")``           a function over 0..n-1: tuple, by index
``("x" :> 1)``, ``[x |-> 1]``        any other function or record: tuple of (argument, value) pairs, sorted
===================================  =====================================================

A function over 1..n is a sequence in TLA+ and is printed as one. Model values are not used in this project
and are an error here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias, Union

Value: TypeAlias = Union[int, bool, str, "frozenset[Value]", "tuple[Value, ...]"]

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d+)
          | (?P<string>"(?:[^"\\]|\\.)*")
          | (?P<name>[A-Za-z_]\w*)
          | (?P<mark><<|>>|:>|@@|\|->|\.\.|[{}()\[\],]))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", '"': '"', "\\": "\\"}
_BACKSLASHED = re.compile(r"\\(.)", re.DOTALL)


class ValueSyntaxError(ValueError):
    """A text that is not a TLA+ value; the message shows where it stops being one."""


class _Reader:
    """A recursive-descent reader over the tokens of one value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.error(
                    "no TLA+ value goes on with",
                    position + len(text[position:]) - len(text[position:].lstrip()),
                )
            kind = match.lastgroup or ""
            self.tokens.append((kind, match.group(kind), match.start(kind)))
            position = match.end()
        self.tokens.append(("end", "", end))
        self.index = 0

    def error(self, problem: str, position: int) -> ValueSyntaxError:
        """An error that shows the rest of the text from the position on."""
        rest = self.text[position : position + 30]
        return ValueSyntaxError(
            f"{problem} {rest!r}, at character {position} of {self.text[:200]!r}"
            if rest
            else f"{problem} the end of {self.text[:200]!r}"
        )

    def take(self, mark: str) -> bool:
        """Skip the next token if it is this mark; tell whether it was."""
        kind, token, _ = self.tokens[self.index]
        if kind == "mark" and token == mark:
            self.index += 1
            return True
        return False

    def expect(self, mark: str) -> None:
        """Skip this mark, which must come next."""
        if not self.take(mark):
            raise self.error(f"expected {mark} before", self.tokens[self.index][2])

    def many(self, read: Callable[[], Value], between: str, close: str) -> list[Value]:
        """Zero or more items up to the closing mark, which is skipped too."""
        if self.take(close):
            return []
        items = [read()]
        while self.take(between):
            items.append(read())
        self.expect(close)
        return items

    def value(self) -> Value:
        """One value; it begins at the next token."""
        kind, token, position = self.tokens[self.index]
        self.index += 1
        if kind == "number":
            if self.take(".."):
                return self.interval(int(token))
            return int(token)
        if kind == "string":
            return _BACKSLASHED.sub(lambda match: _ESCAPES.get(match.group(1), match.group(0)), token[1:-1])
        if token in ("TRUE", "FALSE"):
            return token == "TRUE"
        if token == "{":
            return frozenset(self.many(self.value, ",", "}"))
        if token == "<<":
            return tuple(self.many(self.value, ",", ">>"))
        if token == "(":
            return _function(self.many(self.maplet, "@@", ")"))
        if token == "[":
            return _function(self.many(self.field, ",", "]"))
        raise self.error("expected a value before", position)

    def interval(self, low: int) -> Value:
        """The upper end of low..high."""
        kind, token, position = self.tokens[self.index]
        if kind != "number":
            raise self.error("expected a number before", position)
        self.index += 1
        return frozenset(range(low, int(token) + 1))

    def maplet(self) -> Value:
        """An ``argument :> value``."""
        argument = self.value()
        self.expect(":>")
        return (argument, self.value())

    def field(self) -> Value:
        """A ``name |-> value``."""
        kind, token, position = self.tokens[self.index]
        if kind != "name":
            raise self.error("expected a field name before", position)
        self.index += 1
        self.expect("|->")
        return (token, self.value())


def _function(pairs: list[Value]) -> Value:
    """The canonical form of a function given by its (argument, value) pairs."""
    table: dict[Value, Value] = dict(pairs)  # type: ignore[arg-type]
    if len(table) != len(pairs):
        raise ValueSyntaxError(f"a function gives one argument two values: {pairs!r}")
    arguments = list(table)
    if all(type(argument) is int for argument in arguments) and set(arguments) == set(range(len(arguments))):
        return tuple(table[index] for index in range(len(arguments)))
    return tuple((argument, table[argument]) for argument in sorted(arguments, key=format_value))


def parse_value(text: str) -> Value:
    """The value that the whole text stands for; ValueSyntaxError if it is not one.

    Slow (some 10 microseconds a token): whoever reads many states keeps the values it has seen by their text.
    """
    reader = _Reader(text)
    value = reader.value()
    kind, _, position = reader.tokens[reader.index]
    if kind != "end":
        raise reader.error("expected the value to end before", position)
    return value


def format_value(value: Value) -> str:
    """A canonical value as TLA+ text, the same for equal values (sets are sorted by their members' text).

    A tuple comes out as a tuple, although it may have been read as a function over 0..n-1.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        for letter, character in (("n", "\n"), ("t", "\t"), ("r", "\r"), ("f", "\f")):
            escaped = escaped.replace(character, f"\\{letter}")
        return f'"{escaped}"'
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(format_value, value))) + "}"
    return "<<" + ", ".join(map(format_value, value)) + ">>"


_CONJUNCT = re.compile(r"^(?:/\\ )?([A-Za-z_]\w*) = ", re.MULTILINE)


def parse_state(text: str, known: dict[str, Value] | None = None) -> dict[str, Value]:
    r"""The variables of a state printed as a conjunction (``/\ x = 1``, one a line, values may span lines).

    ``known`` is kept by the caller as the values read so far, by their text.
    """
    known = {} if known is None else known
    found = list(_CONJUNCT.finditer(text))
    if not found or text[: found[0].start()].strip():
        raise ValueSyntaxError(f"expected a state, a conjunction of variable = value: {text[:200]!r}")
    state: dict[str, Value] = {}
    for match, following in zip(found, [*found[1:], None], strict=True):
        source = text[match.end() : following.start() if following else len(text)]
        if source not in known:
            known[source] = parse_value(source)
        if match.group(1) in state:
            raise ValueSyntaxError(f"a state gives {match.group(1)} two values: {text[:200]!r}")
        state[match.group(1)] = known[source]
    return state
