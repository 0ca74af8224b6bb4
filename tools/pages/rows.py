"""Rows: timelines, states and sources as plain data for the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.pipeline import checked_libraries
from pcpdrain.codegen.properties import GHOSTS

from ..timeline import Row
from ..traces import State
from ..words import value_text

_FIRST = ("pcp", "buddy", "call_queue", "awaiting", "serving", "at", "irq_at")
"""Variables of the machine that are shown first, after the variant's own."""

_LATER = ("irqs_on", "preempt_count", "in_use", "calls_left", "signalled", "linking", "dead_zone", "booted")
"""Variables that are shown after the others: they move, and seldom matter."""


def row_data(row: Row) -> dict[str, Any]:
    """One row, as the script `lanes.js` draws it."""
    return {
        "label": row.label,
        "cpu": row.cpu,
        "event": row.event,
        "file": Path(row.place[0]).name if row.place else "",
        "line": row.place[1] if row.place else 0,
        "effects": list(row.effects),
        "arrows": [[arrow.source, arrow.target, arrow.kind] for arrow in row.arrows],
        "call": list(row.call),
        "handler": list(row.handler),
        "by": row.by,
    }


def ordered(program: Program, names: Iterable[str]) -> list[str]:
    """The variables of a state in the order in which a reader wants them: the variant's own first."""
    first = [*program.masks, *program.locks, *_FIRST]

    def rank(name: str) -> tuple[int, str]:
        if name in first:
            return 0, f"{first.index(name):02}"
        if name in GHOSTS:
            return 4, name
        if name in _LATER:
            return 3, name
        return (2 if name.startswith("irq.") else 1), name

    return sorted(names, key=rank)


def texts(state: State, names: Iterable[str]) -> list[str]:
    """The values of these variables, as text; empty for one that was not seen."""
    return [shown(state[name]) if name in state else "" for name in names]


def shown(value: Any) -> str:
    """A value as a page shows it, with blanks where a line may be broken."""
    return value_text(value).replace(",", ", ")


def changes(states: Iterable[State], names: list[str]) -> list[dict[int, str]]:
    """For each state, the values that are not as in the one before, by the number of the variable."""
    found: list[dict[int, str]] = []
    before: list[str] = [""] * len(names)
    for state in states:
        now = texts(state, names)
        found.append({n: text for n, text in enumerate(now) if text != before[n] or not found})
        before = now
    return found


def sources(program: Program) -> dict[str, list[str]]:
    """The lines of the variant and of each library in which it has steps, by the name of the file."""
    found = {Path(program.source.name).name: program.source.text.splitlines()}
    used = {
        Path(step.span.source.name).name
        for machine in (program.task, program.handler)
        if machine
        for step in machine.steps.values()
    }
    for library in checked_libraries():
        name = Path(library.source.name).name
        if name in used:
            found.setdefault(name, library.source.text.splitlines())
    return found


def by_name(findings: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Findings by their variant."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for finding in findings:
        found.setdefault(str(finding["variant"]), []).append(finding)
    return found
