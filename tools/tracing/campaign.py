"""Campaign: runs of the reference machine and corruptions of them, against the specification; in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from pcpdrain.codegen.pipeline import Compiled
from pcpdrain.codegen.scopes import Scope

from ..replay import machine_of
from .corrupt import Corruption, corruptions
from .event_traces import EventTrace
from .legal import Legality
from .record import record
from .validate import refused_at


@dataclass
class Counts:
    """How many. `wrong` has, in words, each answer that the reference machine does not share."""

    traces: int = 0
    events: int = 0
    accepted: int = 0
    corruptions: int = 0
    still_legal: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)


def validation_campaign(
    compiled: Compiled,
    scopes: Sequence[Scope],
    seeds: Iterable[int],
    steps: int,
    *,
    of_each: int = 1,
    most: int | None = None,
) -> Counts:
    """Record a run for each seed at each scope, corrupt it, and let both hands judge all of them.

    `of_each` is as in `corruptions`; `most` limits how many of them are tried at a scope. An answer is
    wrong, too, if the two hands agree on the verdict and not on the event.
    """
    counts = Counts()
    chosen = list(seeds)
    for scope in scopes:
        traces = [record(compiled.program, scope, seed, steps) for seed in chosen]
        random = Random(f"{compiled.program.name} {scope.name}")
        tried = [made for trace in traces for made in corruptions(trace, random, of_each)]
        if most is not None and len(tried) > most:
            tried = random.sample(tried, most)
        judge(compiled, scope, traces, tried, counts)
    return counts


def judge(
    compiled: Compiled,
    scope: Scope,
    traces: Sequence[EventTrace],
    tried: Sequence[Corruption],
    counts: Counts,
) -> None:
    """Add to the counts what TLC, in one run, and the reference machine say of these traces."""
    claims = [trace.claims() for trace in traces] + [made.trace.claims() for made in tried]
    answers = refused_at(compiled.program, scope, claims)
    legality = Legality(machine_of(compiled.program, scope))
    counts.traces += len(traces)
    counts.events += sum(len(trace.events) - 1 for trace in traces)
    counts.accepted += answers[: len(traces)].count(None)
    counts.corruptions += len(tried)
    names = ["as recorded"] * len(traces) + [f"{made.kind} at {made.at}: {made.what}" for made in tried]
    for number, (claim, answer, name) in enumerate(zip(claims, answers, names, strict=True)):
        expected = legality.refused_at(claim)
        if number >= len(traces):
            counts.still_legal += expected is None
            counts.refused += answer is not None
        if answer != expected:
            where = f"{compiled.program.name}, {scope.name}, trace {number}"
            counts.wrong.append(f"{where}, {name}: refused at {answer}, by the machine at {expected}")
