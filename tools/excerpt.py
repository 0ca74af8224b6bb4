"""Excerpt: the lines of a source around the step that decides a counterexample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pcpdrain.codegen.ir.steps import Program

from .words import Teller

if TYPE_CHECKING:
    from .traces import Trace

_AROUND = 3


def excerpt(trace: Trace, program: Program, step: int) -> Text:
    """The lines around a step (numbered from 1), marked at its own; empty for a step that has no line."""
    label = trace.labels[step - 1]
    place = Teller(program, trace.scope.drainers).place(label)
    if place is None or place[0] != trace.source.name:
        return Text()
    lines = trace.source.text.splitlines()
    first = max(place[1] - _AROUND, 1)
    shown = range(first, min(place[1] + _AROUND, len(lines)) + 1)
    return Text("\n").join(
        Text(
            f"{number:>4} {'>' if number == place[1] else ' '} {lines[number - 1].expandtabs()}".rstrip(),
            style="bold yellow" if number == place[1] else "dim",
        )
        for number in shown
    )
