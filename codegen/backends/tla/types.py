"""Types: what each variable of the TLA+ state may hold, read from the modules' own `@type` annotations.

A function has 0..n-1 for its domain and is a tuple in Python, as everywhere in the project; only the type
tells it from a TLA+ tuple.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from ...graph import Value
from ...ir.steps import Program
from .model import hand_written
from .module import variables

_WORDS = re.compile(r"->|<<|>>|[(),]|\w+")
_DECLARED = re.compile(r"@type: (?P<type>[^;]+);\s*(?P<name>\w+),?$", re.MULTILINE)
_ELEMENT = re.compile(r"(?P<key>[\w.]+)(?P<path>(?:\[\d+\])*)")
_INDEX = re.compile(r"\d+")
_LARGEST = 2**31 - 1
"""The integers of TLC have 32 bits."""


@dataclass(frozen=True)
class Scalar:
    """`Int`, `Bool` or `Str`."""

    name: str


@dataclass(frozen=True)
class SetOf:
    """A set of members of one type."""

    member: Type


@dataclass(frozen=True)
class Function:
    """A function from 0..n-1."""

    result: Type


@dataclass(frozen=True)
class Tuple:
    """A tuple whose parts each have a type."""

    parts: tuple[Type, ...]


Type = Scalar | SetOf | Function | Tuple

_KINDS = {"Int": int, "Bool": bool, "Str": str}


@dataclass(frozen=True)
class TypedVariable:
    """A variable of the state: its name in TLA+, its key in an observed state, and its type."""

    name: str
    key: str
    annotation: str

    @property
    def type(self) -> Type:
        """What it may hold."""
        return parse_type(self.annotation)


def typed_variables(program: Program) -> Iterator[TypedVariable]:
    """All variables of a program's state, the machine's first."""
    declared = hand_written()["State.tla"].partition("\nVARIABLES\n")[2]
    for found in _DECLARED.finditer(declared):
        yield TypedVariable(found["name"], found["name"], found["type"])
    for variable in variables(program):
        yield TypedVariable(variable.name, variable.key, variable.type)


@dataclass(frozen=True)
class Place:
    """A variable, or an element of one: what can be seen. `path` holds the indices."""

    variable: TypedVariable
    path: tuple[int, ...]

    @property
    def type(self) -> Type:
        """What it may hold."""
        found = self.variable.type
        for _ in self.path:
            assert isinstance(found, Function)
            found = found.result
        return found

    @property
    def name(self) -> str:
        """A name of its own, as an identifier."""
        return "__".join([self.variable.name, *map(str, self.path)])

    def value(self, prime: str = "") -> str:
        """Its value in TLA+, or with a prime that after the step."""
        return "".join([self.variable.name, prime, *(f"[{index}]" for index in self.path)])

    def equals(self, value: str, prime: str = "") -> str:
        """That it is there and has this value; an element need not be there, in a small scope."""
        depths = range(len(self.path))
        there = [f"{self.path[n]} \\in DOMAIN {self._of(self.path[:n], prime)}" for n in depths]
        return " /\\ ".join([*there, f"{self.value(prime)} = {value}"])

    def _of(self, path: tuple[int, ...], prime: str) -> str:
        return Place(self.variable, path).value(prime)


def places(program: Program, keys: Iterable[str]) -> dict[str, Place]:
    """The places that these keys name, in order of declaration; a key that names none is not there."""
    variables = {variable.key: variable for variable in typed_variables(program)}
    order = {key: number for number, key in enumerate(variables)}
    found: dict[str, Place] = {}
    for key in keys:
        match = _ELEMENT.fullmatch(key)
        if match is None or match["key"] not in variables:
            continue
        place = Place(variables[match["key"]], tuple(map(int, _INDEX.findall(match["path"]))))
        depth, kind = 0, place.variable.type
        while isinstance(kind, Function):
            depth, kind = depth + 1, kind.result
        if len(place.path) <= depth:
            found[key] = place
    return dict(sorted(found.items(), key=lambda item: (order[item[1].variable.key], item[1].path)))


@cache
def parse_type(annotation: str) -> Type:
    """The type that an annotation gives.

    Raises:
        ValueError: it is of no form that this project uses.
    """
    words = _WORDS.findall(annotation)
    found = _function(words)
    if words:
        raise ValueError(f"cannot read the type {annotation!r}")
    return found


def _function(words: list[str]) -> Type:
    first = _simple(words)
    if words[:1] != ["->"]:
        return first
    words.pop(0)
    return Function(_function(words))


def _simple(words: list[str]) -> Type:
    word = words.pop(0) if words else "the end"
    if word in _KINDS:
        return Scalar(word)
    if word == "Set":
        _expect(words, "(")
        member = _function(words)
        _expect(words, ")")
        return SetOf(member)
    if word == "(":
        inner = _function(words)
        _expect(words, ")")
        return inner
    if word == "<<":
        parts = [_function(words)]
        while words[:1] == [","]:
            words.pop(0)
            parts.append(_function(words))
        _expect(words, ">>")
        return Tuple(tuple(parts))
    raise ValueError(f"a type cannot begin with {word!r}")


def _expect(words: list[str], word: str) -> None:
    if words[:1] != [word]:
        raise ValueError(f"a type has {words[:1]} where {word} was expected")
    words.pop(0)


def conforms(value: object, kind: Type) -> bool:
    """Whether a canonical value is of the type: the checker compares it then without an error."""
    match kind:
        case Scalar(name):
            if isinstance(value, str):
                return name == "Str" and value.isascii() and value.isprintable()
            in_range = not isinstance(value, int) or abs(value) <= _LARGEST
            return type(value) is _KINDS[name] and in_range
        case SetOf(member):
            return isinstance(value, frozenset) and all(conforms(each, member) for each in value)
        case Function(result):
            return isinstance(value, tuple) and all(conforms(each, result) for each in value)
        case Tuple(parts):
            return (
                isinstance(value, tuple)
                and len(value) == len(parts)
                and all(conforms(each, part) for each, part in zip(value, parts, strict=True))
            )


def literal(value: Value, kind: Type) -> str:
    """A value of the type as a TLA+ expression; it needs the module TLC, for `:>` and `@@`."""
    match kind, value:
        case SetOf(member), frozenset():
            return "{" + ", ".join(sorted(literal(each, member) for each in value)) + "}"
        case Function(result), tuple() if value:
            maplets = (f"{index} :> {literal(each, result)}" for index, each in enumerate(value))
            return f"({' @@ '.join(maplets)})"
        case Tuple(parts), tuple():
            shown = (literal(each, part) for each, part in zip(value, parts, strict=True))
            return f"<<{', '.join(shown)}>>"
        case _, bool():
            return "TRUE" if value else "FALSE"
        case _, int():
            return str(value)
        case _, str():
            return string_literal(value)
    return "<<>>"  # the function whose domain is empty


def string_literal(text: str) -> str:
    """A text as a TLA+ string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
