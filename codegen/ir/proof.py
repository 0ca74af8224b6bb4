"""What can come of an inductive proof besides success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..graph import Value
from .formula import Conjunct

Kind = Literal["initiation", "reached", "consecution", "property"]


class Unprovable(Exception):
    """Something that no proof can speak of here; the message says what, in words for the user."""


@dataclass(frozen=True)
class Failure:
    """An obligation that does not hold, with the states that show it.

    Of an initiation `before` is the initial state, which lacks a conjunct. Of a consecution, `label` leads
    from `before`, which has all conjuncts, to `after`, which lacks one; if the conjunct is `reached`, both
    are on a run of so many `steps` from the start. Of a property, `before` has all conjuncts and not the
    property.
    """

    kind: Kind
    broken: Conjunct
    before: dict[str, Value]
    label: str = ""
    after: dict[str, Value] | None = None
    steps: int = 0
