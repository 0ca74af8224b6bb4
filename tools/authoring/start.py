"""Start: the name of a variant => the text of one that checks, with comments for a first time."""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import Path

from pcpdrain.codegen.frontend.parse import keywords
from pcpdrain.codegen.frontend.reserved import reserved_variant

_START = Path(__file__).with_name("start.drain")


class NameRefused(Exception):
    """Something cannot be the name of a new variant; one line that says why."""


def new_variant(name: str, taken: Container[str]) -> str:
    """The text of a variant of that name.

    Raises:
        NameRefused: it is no name, has a meaning already, or is among the `taken` ones.
    """
    reason = _reason(name, taken)
    if reason is not None:
        raise NameRefused(f"{name!r} cannot be the name of a variant: {reason}")
    return re.sub(r"\bstart\b", name, _START.read_text(encoding="utf-8"))


def _reason(name: str, taken: Container[str]) -> str | None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return "a name is letters, digits and underscores, such as `my_drain`, and not the name of a file"
    if name in keywords():
        return "it is a keyword of the language"
    if name in taken:
        return "the project has a variant of that name, and `pcpdrain check` would take that one"
    return reserved_variant(name)
