"""Complete: a place in a text => the words that may stand there, with what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pcpdrain.codegen.frontend.builtins import BUILTINS
from pcpdrain.codegen.frontend.parse import keywords
from pcpdrain.codegen.frontend.reserved import DOMAINS, INVARIANT_FUNCTIONS
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.meanings import meaning_of
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.codegen.source import Source

from .describe import declaration_text, meaning_text, visible
from .names import words_before

_ROUTINES = ("routine", "handler", "condition")
_TYPES = ("cpumask", "cpumask_var", "spinlock", "mutex", "uninitialised")
_ITEMS = ("origin", "allow", "static", *_TYPES, "counter", *_ROUTINES, "invariant", "expect")
_FILES = ("variant", "library")
_EXPECT = ("holds", "violated", "in")


@dataclass(frozen=True)
class Word:
    """A word that may stand at a place. `kind` is keyword, builtin, property, scope, or what declares it."""

    text: str
    kind: str
    documentation: str


def completions(source: Source, offset: int) -> list[Word]:
    """The words for a place, those of its surroundings only; none in comments and strings."""
    before = words_before(source.text, offset)
    if before is None:
        return []
    inside = _blocks(before)
    if not inside:
        return [*_keywords(_FILES), *(_keywords(_ROUTINES) if "library" in before else ())]
    if inside == ["variant"]:
        return [*_keywords(_ITEMS), Word("drain_all_pages", "routine", _meaning("drain_all_pages"))]
    if inside[-1] == "expect":
        return list(_expectation(before))
    names = [
        Word(found.name, found.what, declaration_text(where, found, title))
        for where, found, title in visible(source, offset)
    ]
    builtins = [Word(name, "builtin", _meaning(name)) for name in (*BUILTINS, "cpu_online_mask")]
    if inside[-1] == "invariant":
        extra = [Word(name, "builtin", _meaning(name)) for name in (*INVARIANT_FUNCTIONS, *sorted(DOMAINS))]
        return [*_keywords(("at", "forall", "exists", "in", "true", "false")), *extra, *names, *builtins]
    statements = keywords() - {*_FILES, *_ITEMS, *_EXPECT, "at", "forall", "exists"} | {"cpumask"}
    return [*_keywords(sorted(statements)), *names, *builtins]


def _blocks(before: list[str]) -> list[str]:
    """The blocks around the end of some words, each by the word that its statement begins with."""
    blocks: list[str] = []
    head = ""
    for word in before:
        if word == "{":
            blocks.append(head)
            head = ""
        elif word == "}":
            del blocks[-1:]
        elif word == ";":
            head = ""
        elif not head:
            head = word
    return blocks


def _expectation(before: list[str]) -> Iterator[Word]:
    """A property, a verdict, `in`, or scopes: whatever comes next."""
    line: list[str] = []
    for word in before:
        line = [] if word in ("{", ";", "}") else [*line, word]
    if not line:
        for name, known in PROPERTIES.items():
            yield Word(name, "property", known.meaning)
    elif "in" in line:
        for scope in project_scopes().ready.values():
            yield Word(scope.name, "scope", scope.why)
    else:
        yield from _keywords(_EXPECT[:2] if len(line) == 1 else _EXPECT[2:])


def _keywords(words: tuple[str, ...] | list[str]) -> list[Word]:
    return [Word(word, "keyword", _meaning(word)) for word in words]


def _meaning(word: str) -> str:
    meaning = meaning_of().get(word)
    return meaning_text(meaning) if meaning is not None else ""
