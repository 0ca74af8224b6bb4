"""Layout: long TLA+ expressions made readable, by names for what repeats and by line breaks."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from ...ir import expr as x
from .expressions import Printer

WIDTH = 100
SHORT = 20
"""A part shorter than this is as easily read as its name would be."""

_NAMES = {"next": "Following", "<": "More", ">": "Some", "!": "Otherwise"}
_MASKS = {"and", "or", "andnot", "with", "without"}


def share(
    texts: Sequence[str], parts: Iterable[x.Expr], printer: Printer
) -> tuple[list[tuple[str, str]], list[str]]:
    """Give names to the parts that occur more than once: definitions for a LET, and the texts that use them.

    The names begin with a capital, so that they cannot be names of a variant.
    """
    candidates = {
        printer.show(part): part for part in parts if isinstance(part, x.Apply) and len(part.args) > 0
    }
    definitions: list[tuple[str, str]] = []
    shared = list(texts)
    for original in sorted(candidates, key=lambda text: (len(text), text)):
        text = original
        for name, meaning in definitions:
            text = _replace(text, meaning, name)
        if len(text) < SHORT or sum(len(_occurrences(text, where)) for where in shared) < 2:
            continue
        name = _name(candidates[original], {name for name, _ in definitions})
        definitions.append((name, text))
        shared = [_replace(where, text, name) for where in shared]
    return definitions, shared


def _name(part: x.Apply, used: set[str]) -> str:
    base = _NAMES.get(part.op, "Mask" if part.op in _MASKS else "Value")
    number = 1
    while (base if number == 1 else f"{base}{number}") in used:
        number += 1
    return base if number == 1 else f"{base}{number}"


def _pattern(text: str) -> str:
    return rf"(?<![\w\]]){re.escape(text)}(?![\w\[])"


def _occurrences(text: str, where: str) -> list[str]:
    return re.findall(_pattern(text), where)


def _replace(where: str, text: str, name: str) -> str:
    """`text` replaced by its name, without parentheses that a bare name does not need."""
    replaced = re.sub(_pattern(text), name, where)
    return re.sub(rf"(?<!\w)\(({name})\)", r"\1", replaced)


def broken(conjunct: str) -> list[str]:
    """A conjunct as lines: a long choice breaks before each ELSE, a long tuple where it is full."""
    if len(conjunct) <= WIDTH:
        return [conjunct]
    head, separator, rest = conjunct.partition(" = IF ")
    if separator:
        return [f"{head} =", *(f"  {line}" for line in f"IF {rest}".replace(" ELSE ", "\nELSE ").split("\n"))]
    return textwrap.wrap(conjunct, WIDTH, subsequent_indent="  ", break_long_words=False)
