"""Card: all numbers of the scorecard, and which of them fall below their bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .branches import Branches, place
from .measure import LeftOut, Row

MOST_RATIO = 1.25
"""Steps of a suite for each step that any suite must have."""


@dataclass(frozen=True)
class Survivor:
    """A mutant that is another graph, and that our suite does not notice."""

    variant: str
    scope: str
    kind: str
    place: str
    description: str
    diff: str


@dataclass(frozen=True)
class Mutants:
    """Mutants of one kind of a variant at a scope; `noticed` counts for each suite of the kill matrix."""

    variant: str
    scope: str
    kind: str
    made: int
    stillborn: int
    equivalent: int
    killed: int
    survivors: tuple[Survivor, ...]
    noticed: Mapping[str, int]


@dataclass(frozen=True)
class Traces:
    """Runs of the reference machine at wide scopes of a variant, judged by the specification."""

    variant: str
    traces: int
    events: int
    accepted: int
    corruptions: int
    still_legal: int
    refused: int
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """Everything measured. `not_run` says what was not, and why.

    `unreachable` has for a line of the reference machine why no suite takes one of its branches, `one_way`
    the same for steps of variants.
    """

    rows: Sequence[Row] = ()
    left_out: Sequence[LeftOut] = ()
    programs: Mapping[str, Branches] = field(default_factory=dict)
    reference: Branches = field(default_factory=Branches)
    unreachable: Mapping[str, str] = field(default_factory=dict)
    one_way: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    mutants: Sequence[Mutants] = ()
    traces: Sequence[Traces] = ()
    not_run: Sequence[str] = ()

    @property
    def unexplained(self) -> list[str]:
        """Branches of the reference machine that no suite takes, without those whose line says why."""
        return self.reference.unexplained(self.unreachable)

    def unexplained_of(self, variant: str) -> list[str]:
        """Branches of a variant's Python that no suite takes, without those whose steps have a reason."""
        return self.programs[variant].unexplained(self.one_way.get(variant, {}))

    @property
    def explained_in_vain(self) -> list[str]:
        """Lines that say so although suites take all of their branches."""
        entered = {place(arrow) for arrow in self.reference.known}
        missing = {place(arrow) for arrow in self.reference.missing}
        return sorted(self.unreachable.keys() & (entered - missing))


def below(card: Card) -> list[str]:
    """What falls below its bar, a line for each; empty when all is well."""
    return [*_rows(card), *_branches(card), *_mutants(card), *_traces(card), *card.not_run]


def _rows(card: Card) -> Iterator[str]:
    for row in card.rows:
        where = f"{row.variant}, {row.scope}"
        if row.explorer != "equal":
            yield f"{where}: the explorer: {row.explorer}"
        if row.reference != "equal":
            yield f"{where}: the reference machine: {row.reference}"
        if row.taken < row.transitions:
            yield f"{where}: {row.transitions - row.taken} transitions are not taken"
        if row.compared < row.states:
            yield f"{where}: in {row.states - row.compared} states nothing is compared"
        if row.ratio > MOST_RATIO:
            yield f"{where}: {row.ratio:.2f} times the steps needed, more than {MOST_RATIO}"


def _branches(card: Card) -> Iterator[str]:
    for variant, branches in card.programs.items():
        if missing := card.unexplained_of(variant):
            yield f"{variant}: branches of its Python not taken: {', '.join(missing)}"
        for step in sorted(card.one_way.get(variant, {}).keys() - set(map(place, branches.missing))):
            yield f"{variant} says that no suite takes both ways of {step}, and suites do, or there are none"
    if card.unexplained:
        yield f"pcpref: branches not taken: {', '.join(card.unexplained)}"
    for line in card.explained_in_vain:
        yield f"pcpref: {line} says that no suite takes one of its branches, and suites take all of them"


def _mutants(card: Card) -> Iterator[str]:
    for mutants in card.mutants:
        for survivor in mutants.survivors:
            yield f"{survivor.variant}, {survivor.scope}: survives: {survivor.place}: {survivor.description}"


def _traces(card: Card) -> Iterator[str]:
    for traces in card.traces:
        if traces.accepted < traces.traces:
            yield f"{traces.variant}: {traces.traces - traces.accepted} recorded traces are refused"
        yield from traces.wrong
