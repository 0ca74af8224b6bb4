"""Timeline: the steps of a run as rows in lanes, one lane for each CPU, for whoever shows them.

Everything that a terminal or a page shows of a run is decided here; they only lay it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pcpdrain.codegen.ir.steps import IDLE, Program

from .words import Teller

if TYPE_CHECKING:
    from .traces import State, Trace

_NOBODY = -1

Edge = Literal["", "opens", "runs", "closes"]
"""What a call or a handler does in a row: nothing, begin, go on, end."""


@dataclass(frozen=True)
class Arrow:
    """What one CPU sends to another: a request (`ipi`) or the answer to one (`ack`)."""

    source: int
    target: int
    kind: Literal["ipi", "ack"]


@dataclass(frozen=True)
class Row:
    """One step. `call` and `handler` tell for each CPU whether a call and an IPI handler are under way.

    `place` is the file name and the line of the step, None for what is in no program.
    """

    label: str
    cpu: int
    event: str
    place: tuple[str, int] | None
    effects: tuple[str, ...]
    arrows: tuple[Arrow, ...]
    call: tuple[Edge, ...]
    handler: tuple[Edge, ...]
    by: Literal["task", "handler", "machine"]


@dataclass(frozen=True)
class Timeline:
    """All rows, the heads of the lanes, and the steps that are about to come and matter (`following`)."""

    lanes: tuple[str, ...]
    rows: tuple[Row, ...]
    following: tuple[Row, ...]
    loop: int | None


def timeline(trace: Trace, program: Program) -> Timeline:
    """The rows of a run."""
    teller = Teller(program, trace.scope.drainers, trace.property)
    pairs = zip(trace.labels, trace.states[:-1], trace.states[1:], strict=True)
    last = trace.states[-1]
    # This property speaks of a step that is to come, so that is shown, too.
    coming = teller.counting(last) if trace.property == "saved_is_honest" else []
    return Timeline(
        tuple(teller.lane(cpu) for cpu in range(trace.scope.cpus)),
        tuple(row(teller, trace, *pair) for pair in pairs),
        tuple(row(teller, trace, label, last, last) for label in coming),
        trace.loop,
    )


def row(teller: Teller, trace: Trace, label: str, before: State, after: State) -> Row:
    """One step of a run, told with the states before and after it."""
    scope = trace.scope
    actor, _, what = label.partition(":")
    in_program = teller.place(label) is not None or what in ("call", "return", "ack") or "take " in what
    return Row(
        label=label,
        cpu=teller.cpu(label, before),
        event=teller.event(label, before),
        place=teller.place(label),
        effects=tuple(teller.effects(label, before, after)),
        arrows=tuple(_arrows(scope.drainers, before, after)),
        call=tuple(
            _edge(_in_call(cpu, scope.drainers, before), _in_call(cpu, scope.drainers, after))
            for cpu in range(scope.cpus)
        ),
        handler=tuple(_edge(_serves(cpu, before), _serves(cpu, after)) for cpu in range(scope.cpus)),
        by="machine" if not in_program else "task" if actor[0] == "d" else "handler",
    )


def _arrows(homes: tuple[int, ...], before: State, after: State) -> list[Arrow]:
    """Requests that are new, and requests that have been answered."""
    if "awaiting" not in before or "awaiting" not in after:
        return []
    found = []
    for task, (old, new) in enumerate(zip(before["awaiting"], after["awaiting"], strict=True)):
        found += [Arrow(homes[task], cpu, "ipi") for cpu in sorted(new - old)]
        found += [Arrow(cpu, homes[task], "ack") for cpu in sorted(old - new)]
    return [arrow for arrow in found if arrow.source != arrow.target]


def _in_call(cpu: int, homes: tuple[int, ...], state: State) -> bool:
    at = state.get("at", ())
    return any(home == cpu and step != IDLE for home, step in zip(homes, at, strict=False))


def _serves(cpu: int, state: State) -> bool:
    return "serving" in state and state["serving"][cpu] != _NOBODY


def _edge(before: bool, after: bool) -> Edge:
    if before:
        return "runs" if after else "closes"
    return "opens" if after else ""
