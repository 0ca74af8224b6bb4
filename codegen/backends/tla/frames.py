"""Prove that every step assigns every variable exactly once.

Two assignments to one variable that disagree are accepted by TLC and by Apalache alike and silently disable
the step; a missing one is reported late or not at all. So the finished text is read again, the hand-written
modules included, and each disjunct of `Next` is expanded down to its primes. This knows nothing of how the
text was made.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_COMMENT = re.compile(r"\(\*.*?\*\)|\\\*[^\n]*", re.DOTALL)
_STRING = re.compile(r'"[^"\n]*"')
_DEFINITION = re.compile(r"^(?P<name>[A-Za-z_]\w*)(?:\([^)\n]*\))?\s*==", re.MULTILINE)
_END = re.compile(r"^(?:-{4,}|={4,}|ASSUME\b|VARIABLES?\b|CONSTANTS?\b|EXTENDS\b)", re.MULTILINE)
_VARIABLES = re.compile(r"^VARIABLES?\b(?P<names>[\w\s,]*?)(?=^\S|\Z|^\s*\w+\s*==)", re.MULTILINE)
_UNCHANGED = re.compile(r"UNCHANGED\s+(?:<<(?P<tuple>[^>]*)>>|(?P<name>\w+))")
_PRIME = re.compile(r"(?P<name>\w+)'\s*(?P<sign>=(?![=><])|)")
_OTHER_PRIME = re.compile(r"[^\w\s']\s*'")
_ASSIGNED = re.compile(r"UNCHANGED\b|\w+'")
_CONJUNCT = ("/\\", " IN")
"""What stands before a conjunct, if it is not the first thing of its definition."""

_CALLED = (*_CONJUNCT, "\\/", ":", "[][")
_WORD = re.compile(r"[A-Za-z_]\w*")


class FrameError(Exception):
    """A step that does not assign every variable exactly once; the message names both."""


@dataclass(frozen=True)
class _Module:
    variables: tuple[str, ...]
    definitions: dict[str, str]


def prove_frames(modules: Mapping[str, str], next_operator: str = "Next") -> int:
    """Check all steps of `next_operator` in modules given by name, each after those that it extends.

    Returns:
        The number of steps that were proved.

    Raises:
        FrameError: naming the first step and variable that is assigned never or twice, or a prime that
        assigns nothing.
    """
    return _proved(tuple(modules.values()), next_operator)


@lru_cache(maxsize=64)  # a variant's own module is proved once, though it is part of a model for each scope
def _proved(texts: tuple[str, ...], next_operator: str) -> int:
    expand = _extended(_expanded(texts[:-1]), texts[-1])
    steps = sorted(set(_WORD.findall(expand.definitions[next_operator])) & expand.actions())
    if not steps:
        raise FrameError(f"{next_operator} has no steps")
    for step in steps:
        _exactly_once(step, expand.assigned(step), expand.variables)
    return len(steps)


@lru_cache(maxsize=64)  # the same modules are extended again and again
def _expanded(texts: tuple[str, ...]) -> _Expansion:
    """Modules that may be extended, with what each of their operators assigns."""
    return _extended(_expanded(texts[:-1]), texts[-1]) if texts else _Expansion({}, [], {})


def _extended(base: _Expansion, text: str) -> _Expansion:
    """A module with those that it extends: what these assign is known, and nothing of it can change that."""
    module = _read(text)
    variables, definitions = [*base.variables, *module.variables], base.definitions | module.definitions
    found = _Expansion(definitions, variables, dict(base.known))
    found.actions()  # all of it now: several threads may use it later
    return found


def _exactly_once(step: str, assigned: Counter[str], variables: Sequence[str]) -> None:
    for variable in variables:
        if assigned[variable] != 1:
            how = "never" if assigned[variable] == 0 else f"{assigned[variable]} times"
            raise FrameError(f"{step} assigns {variable} {how}")


def _read(text: str) -> _Module:
    plain = _STRING.sub('""', _COMMENT.sub("", text))
    variables = [word for match in _VARIABLES.finditer(plain) for word in _WORD.findall(match["names"])]
    starts = list(_DEFINITION.finditer(plain))
    definitions: dict[str, str] = {}
    for match, following in zip(starts, [*starts[1:], None], strict=True):
        body = plain[match.end() : following.start() if following else len(plain)]
        end = _END.search(body)
        definitions[match["name"]] = body[: end.start()] if end else body
    return _Module(tuple(variables), definitions)


class _Expansion:
    """What each operator assigns, through the operators it uses."""

    def __init__(
        self, definitions: dict[str, str], variables: Sequence[str], known: dict[str, Counter[str]]
    ) -> None:
        self.definitions = definitions
        self.variables = variables
        self.known = known

    def actions(self) -> set[str]:
        """The operators that assign anything."""
        return {name for name in self.definitions if self.assigned(name)}

    def assigned(self, name: str) -> Counter[str]:
        """How often an operator assigns each variable."""
        if name not in self.known:
            self.known[name] = Counter()  # a definition cannot use itself: no RECURSIVE here
            self.known[name] = self._of_body(name, self.definitions[name])
        return self.known[name]

    def _of_body(self, name: str, body: str) -> Counter[str]:
        found: Counter[str] = Counter()
        self._placed(name, body)
        for match in _UNCHANGED.finditer(body):
            listed = _WORD.findall(match["tuple"]) if match["tuple"] is not None else [match["name"]]
            found.update(self._variables_of(listed))
        rest = _UNCHANGED.sub("", body)
        for match in _PRIME.finditer(rest):
            if match["name"] not in self.variables:
                raise FrameError(f"{name} primes {match['name']}, which is no variable")
            if not match["sign"]:
                raise FrameError(f"{name} uses {match['name']}' without assigning it")
            found[match["name"]] += 1
        for word in _WORD.findall(_PRIME.sub("", rest)):
            if word in self.definitions:
                found.update(self.assigned(word))
        return found

    def _placed(self, name: str, body: str) -> None:
        """Each assignment is a conjunct, and each step a conjunct or disjunct: under no condition."""
        if _OTHER_PRIME.search(body):
            raise FrameError(f"{name} primes something that is no variable")
        for match in _ASSIGNED.finditer(body):
            if not _follows(body[: match.start()], _CONJUNCT):
                raise FrameError(f"{name} has {match[0]} inside of something, not as a conjunct")
        for match in _WORD.finditer(body):
            known = match[0] in self.definitions and body[match.end() :].lstrip()[:1] != "'"
            if known and self.assigned(match[0]) and not _follows(body[: match.start()], _CALLED):
                raise FrameError(f"{name} has the step {match[0]} inside of something")

    def _variables_of(self, names: Iterable[str]) -> list[str]:
        """The variables that a tuple of names stands for."""
        result: list[str] = []
        for name in names:
            if name in self.variables:
                result.append(name)
            elif name not in self.definitions:
                raise FrameError(f"UNCHANGED {name}, which is no variable")
            else:
                result.extend(self._variables_of(_WORD.findall(self.definitions[name])))
        return result


def _follows(before: str, signs: tuple[str, ...]) -> bool:
    """Whether a text is empty or ends in one of the signs."""
    return not before.strip() or before.rstrip().endswith(signs)
