"""Exploring jobs: what the explorer finds of a variant at a scope => a finding for each property."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pcpdrain.codegen.backends.explorer import emit_explorer
from pcpdrain.codegen.backends.tla.survey import grouped
from pcpdrain.codegen.properties import PROPERTIES

from .engines.explorer import MOST_STATES, TooManyStates, explore, state_values
from .engines.fairness import waiting_for_ever
from .engines.surveying import Row, survey
from .engines.tlc import EngineFailed
from .judging import expectation, without_verdict
from .planning import Job
from .results import Finding, Watched
from .traces import Trace
from .vacuity import events_of

ENGINE = "explorer"


def explore_job(job: Job, most_states: int = MOST_STATES) -> list[Finding]:
    """Check one model with the explorer; findings in the order of the properties of the job.

    Raises:
        EngineMissing: there is no C compiler.
    """
    program = job.compiled.program
    groups = [tuple(known.name for known in group) for group in grouped(job.properties, program, job.scope)]
    temporal = tuple(name for name in job.properties if PROPERTIES[name].temporal)
    found: dict[str, Finding] = {}
    for names in (*groups, temporal):
        judge = _of_runs if names == temporal else _of_states
        try:
            findings = list(judge(job, names, most_states)) if names else []
        except (EngineFailed, TooManyStates) as error:
            findings = without_verdict(job.compiled, job.scope, names, "unknown", f"explorer: {error}")
        found.update({finding.property: finding for finding in findings})
    return [found[name] for name in job.properties]


def _of_states(job: Job, names: Sequence[str], most_states: int) -> Iterator[Finding]:
    """Properties of states, all in one search."""
    seen = survey(job.compiled.program, job.scope, names, most_states)
    for name in names:
        finding = replace(
            _finding(job, name, seen.violated.get(name)),
            states=seen.states,
            transitions=seen.transitions,
            seconds=round(seen.seconds, 2),
        )
        if finding.found == "holds":
            finding = replace(finding, depth=seen.depth)
        if job.judged:
            watched = Watched(events_of(seen.labels), events_of(seen.taken), name in seen.premises)
            finding = replace(finding, watched=watched)
        yield finding


def _of_runs(job: Job, names: Sequence[str], most_states: int) -> Iterator[Finding]:
    """Properties of runs, on the graph without ghosts. A counterexample is a lasso."""
    began = time.perf_counter()
    model = emit_explorer(job.compiled.program, job.scope)
    graph = explore(model, most_states)
    lasso = waiting_for_ever(graph, model.labels)
    rows, loop = None, None
    if lasso is not None:
        edges = [*lasso.stem, *lasso.loop]
        ways = [("", 0), *((model.labels[graph.labels[edge]], int(graph.targets[edge])) for edge in edges)]
        rows = [(label, state_values(graph.layout, graph.states[number])) for label, number in ways]
        loop = len(lasso.stem)
    for name in names:
        yield replace(
            _finding(job, name, rows, loop),
            states=len(graph.states),
            transitions=len(graph.targets),
            seconds=round(time.perf_counter() - began, 2),
        )


def _finding(job: Job, name: str, rows: Sequence[Row] | None, loop: int | None = None) -> Finding:
    """A verdict, with the counterexample if there is one: its depth is the number of its states."""
    program, scope = job.compiled.program, job.scope
    expected = expectation(job.compiled, scope.name, name)
    if rows is None:
        return Finding(program.name, scope.name, name, expected, "holds", engine=ENGINE)
    labels, states = zip(*rows, strict=True)
    trace = Trace(program.name, program.source, scope, name, ENGINE, labels[1:], states, loop)
    return Finding(
        program.name, scope.name, name, expected, "violated", engine=ENGINE, depth=len(states), trace=trace
    )
