"""Exploring jobs: what the explorer finds of a variant at a scope => a finding for each property."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event

from pcpdrain.codegen.backends.explorer import emit_explorer
from pcpdrain.codegen.backends.tla.survey import grouped
from pcpdrain.codegen.properties import PROPERTIES

from .engines.explorer import MOST_STATES, TooManyStates
from .engines.java import EngineMissing
from .engines.kept_surveys import remembered
from .engines.run_cache import RunCache
from .engines.surveying import Survey, survey_runs, survey_states
from .engines.tlc import EngineFailed
from .judging import expectation, without_verdict
from .planning import Job, largest_first
from .replay import confirmed, reference_class
from .results import Finding, Verdict, Watched
from .traces import Trace
from .vacuity import events_of

ENGINE = "explorer"


def explore_job(
    job: Job, cache: RunCache | None = None, *, reduced: bool = False, most_states: int = MOST_STATES
) -> list[Finding]:
    """Check one model with the explorer; findings in the order of the properties of the job.

    If it is `reduced`, on fewer states: see `emit_explorer`. Runs are always judged on all.
    """
    program = job.compiled.program
    groups = [tuple(known.name for known in group) for group in grouped(job.properties, program, job.scope)]
    temporal = tuple(name for name in job.properties if PROPERTIES[name].temporal)
    found: dict[str, Finding] = {}
    for names in (*groups, temporal):
        try:
            seen = _survey(job, names, cache, most_states, reduced=reduced) if names else None
        except (EngineFailed, TooManyStates, EngineMissing) as error:
            verdict: Verdict = "not_run" if isinstance(error, EngineMissing) else "unknown"
            findings = without_verdict(job.compiled, job.scope, names, verdict, str(error))
        else:
            findings = [_finding(job, name, seen, watches=not reduced) for name in names] if seen else []
        found.update({finding.property: finding for finding in findings})
    return [found[name] for name in job.properties]


def explore_jobs(
    jobs: Sequence[Job],
    on_done: Callable[[Job], None],
    cache: RunCache | None,
    *,
    workers: int | None = None,
    reduced: bool = False,
) -> list[Finding]:
    """Check all jobs, the largest first, several at once; findings in the order of the jobs."""
    return largest_first(jobs, partial(explore_job, cache=cache, reduced=reduced), on_done, Event(), workers)


def replayed(findings: Sequence[Finding], jobs: Sequence[Job]) -> list[Finding]:
    """The findings; no verdict where the reference machine does not show a counterexample."""
    compiled = {job.compiled.program.name: job.compiled.program for job in jobs}
    programs = {name: reference_class(program) for name, program in compiled.items()}
    return [confirmed(finding, programs[finding.variant]) for finding in findings]


def _survey(
    job: Job, names: Sequence[str], cache: RunCache | None, most_states: int, *, reduced: bool
) -> Survey:
    program, scope = job.compiled.program, job.scope
    if PROPERTIES[names[0]].temporal:
        graph = emit_explorer(program, scope)
        return remembered(cache, graph, names, lambda: survey_runs(graph, names, most_states))
    model = emit_explorer(program, scope, names, reduced=reduced)
    return remembered(cache, model, names, lambda: survey_states(model, most_states))


def _finding(job: Job, name: str, seen: Survey, *, watches: bool) -> Finding:
    """A verdict, with the counterexample if there is one: its depth is then the number of its states."""
    program, scope = job.compiled.program, job.scope
    rows, trace = seen.violated.get(name), None
    if rows is not None:
        labels, states = zip(*rows, strict=True)
        trace = Trace(program.name, program.source, scope, name, ENGINE, labels[1:], states, seen.loop)
    watched = None
    if job.judged and watches and not PROPERTIES[name].temporal:
        watched = Watched(events_of(seen.labels), events_of(seen.taken), name in seen.premises)
    return Finding(
        program.name,
        scope.name,
        name,
        expectation(job.compiled, scope.name, name),
        "holds" if trace is None else "violated",
        engine=ENGINE,
        states=seen.states,
        transitions=seen.transitions,
        depth=seen.depth if trace is None else len(trace.states),
        seconds=round(seen.seconds, 2),
        trace=trace,
        watched=watched,
        cached=seen.cached,
    )
