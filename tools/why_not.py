"""Why not: why a step is not possible after a run, by the guard that fails there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from pcpdrain.codegen.errors.diagnostic import suggestion
from pcpdrain.codegen.pipeline import compile_source

from .guarding import Guarding
from .links import is_link, parse_link, run_of_link, start_of
from .replay import machine_for, program_of
from .traces import Trace, TraceError, read_trace
from .words import Teller


@dataclass(frozen=True)
class WhyNot:
    """The answer: `guard` and `text` are empty when the step is possible."""

    possible: bool
    guard: str
    text: str
    enabled: tuple[str, ...]


def run_named(text: str) -> Trace:
    """The run that is meant: a trace file, a link, or `VARIANT:SCOPE` for the start.

    Raises:
        TraceError, click.UsageError: it is none of these.
    """
    if is_link(text):
        return run_of_link(parse_link(text))
    variant, colon, scope = text.rpartition(":")
    if colon and not Path(text).exists():
        return start_of(variant, scope)
    return read_trace(Path(text))


def why_not(run: Trace, label: str, after: int | None = None) -> WhyNot:
    """Whether a step is possible after so many steps of a run (all of them by default), and if not, why.

    Raises:
        click.UsageError: the run has no such state, or the variant no such step at its scope.
        TraceError: the run is not one of the variant's.
    """
    at = len(run.labels) if after is None else after
    if not 0 <= at <= len(run.labels):
        raise click.UsageError(f"--after {at}: the run has {len(run.labels)} steps")
    program = program_of(run)
    guarding = Guarding(program, run.scope)
    if label not in guarding.labels:
        near = suggestion(label, guarding.labels, "`pcpdrain steps` shows the steps of the program")
        raise click.UsageError(f"{run.variant} has no step `{label}` at scope {run.scope.name}; {near}")
    machine = machine_for(run)
    for number, done in enumerate(run.labels[:at], 1):
        if done not in machine.enabled():
            raise TraceError(f"step {number} of the run, {done}, is not possible on the reference machine")
        machine.step(done)
    state, enabled = machine.observe(), tuple(sorted(machine.enabled()))
    failing = guarding.failing(label, state)  # type: ignore[arg-type]
    if (failing is None) != (label in enabled):
        raise TraceError(f"the specification and the reference machine disagree on {label}")
    if failing is None:
        return WhyNot(True, "", "", enabled)
    text = guarding.words(failing, state)  # type: ignore[arg-type]
    return WhyNot(False, f"{failing.operator}: {failing.text}", text, enabled)


def answer_lines(run: Trace, label: str, after: int | None, answer: WhyNot) -> Iterator[str]:
    """The answer as text."""
    at = len(run.labels) if after is None else after
    where = "at the start" if at == 0 else f"after step {at}, {run.labels[at - 1]}"
    place = Teller(compile_source(run.source).program, run.scope.drainers).place(label)
    line = f" ({Path(place[0]).name} line {place[1]})" if place else ""
    if answer.possible:
        yield f"{label}{line} is possible {where}."
    else:
        yield f"{label}{line} is not possible {where}: {answer.text}."
        yield f"The guard that fails, in {answer.guard}"
    yield f"possible there: {', '.join(answer.enabled) or 'nothing'}"
