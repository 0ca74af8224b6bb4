"""Explain: why the specification cannot follow an event, as far as it can tell; all of it from TLC.

One run asks what could have happened instead of the event: each step, each value that was seen by itself,
and the guards of the step that is claimed. A second one shows the states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pcpdrain.codegen.backends.tla.guards import Guard, guards
from pcpdrain.codegen.backends.tla.labels import labelled
from pcpdrain.codegen.backends.tla.trace import Event, actor, emit_traces
from pcpdrain.codegen.backends.tla.types import typed_variables
from pcpdrain.codegen.graph import Value

from .event_traces import EventTrace
from .validate import TIME_LIMIT, run_traces

State = Mapping[str, Any]


@dataclass(frozen=True)
class Refusal:
    """What is wrong with the event `at`. States are by the names in TLA+; of several, one is shown."""

    trace: EventTrace
    at: int
    start: State
    before: State
    """Before the event; at the first event the initial state."""
    after: State | None
    """After the step that is claimed, if that is possible."""
    possible: tuple[str, ...]
    """The labels of all steps that are possible before the event."""
    claimed: str | None
    """The label that is claimed, if the variant has it at this scope."""
    guard: Guard | None
    """The first guard of the claimed step that does not hold, if one does not."""
    whose: tuple[int | None, int | None]
    """The CPU and the task whose step the claimed one is."""
    impossible: Mapping[str, Value]
    """The values seen that are impossible after the step, each by itself."""

    @property
    def partial(self) -> bool:
        """Whether the trace leaves open in which state it was before the event."""
        return self.at > 0 and not self.names().keys() <= self.trace.events[self.at - 1].seen.keys()

    def names(self) -> dict[str, str]:
        """The name in TLA+ of each variable, by key."""
        return {variable.key: variable.name for variable in typed_variables(self.trace.program)}


def explain(trace: EventTrace, at: int, timeout: float = TIME_LIMIT) -> Refusal:
    """Why the event of this index, the first that is refused, cannot be followed.

    Raises:
        EngineFailed, EngineMissing: TLC gave no verdict.
    """
    program, scope = trace.program, trace.scope
    prefix, event = trace.claims()[:at], trace.claims()[at]
    known = {step.label: step.action for step in labelled(program, scope)}
    claimed = event.label if at and event.label in known else None
    # Without what was seen, and with each thing that was seen alone.
    bare = Event(claimed, {}) if claimed else replace(event, label=None, seen={})
    alone = {key: replace(bare, seen={key: value}) for key, value in event.seen.items()}
    steps = list(known) if at else []
    endings = [bare, *alone.values(), *(Event(label, {}) for label in steps)]
    traces = [*([*prefix, ending] for ending in endings), *([prefix] if at else [])]
    model = emit_traces(program, scope, traces)
    ends = [path[-1] for path in model.paths]
    wanted = guards(model.files, known[claimed]) if claimed else []
    model = emit_traces(program, scope, traces, asked=ends[-1], guards=wanted)
    told = run_traces(model, timeout).told
    happens, ends_alone, ends_steps = ends[0] in told, ends[1 : 1 + len(alone)], ends[1 + len(alone) :]
    holding = [guard for n, guard in zip(model.guards, wanted, strict=True) if n in told]
    goal = {"until": ends[0]} if happens else {"until": ends[-1], "guards": holding}
    shown = run_traces(emit_traces(program, scope, traces, **goal), timeout)
    states = [state for _, state in shown.trace]
    return Refusal(
        trace,
        at,
        start=states[0],
        before=states[max(at - 1, 0)],
        after=states[at] if happens and claimed else None,
        possible=tuple(label for label, end in zip(steps, ends_steps, strict=False) if end in told),
        claimed=claimed,
        guard=next((guard for guard in wanted if guard not in holding), None),
        whose=actor(claimed, scope) if claimed else (None, None),
        impossible={
            key: event.seen[key]
            for key, end in zip(alone, ends_alone, strict=True)
            if happens and end not in told
        },
    )
