"""Bounded: Apalache looks at the first steps of variants: their types, then each property up to a bound.

That no error is found up to a number of steps is told as that. It never counts as `holds`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event

from pcpdrain.codegen.backends.tla import TlaModel, emit_model
from pcpdrain.codegen.backends.tla.model import CONSTANTS
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.pcpref.machine import Machine

from .check import write_model
from .engine_threads import at_once
from .engines.apalache import ApalacheResult, Obligation, check_obligation, check_types
from .engines.run_cache import RunCache
from .judging import expectation
from .labelling import NoSuchStep, find_labels
from .planning import Job
from .replay import confirmed, machine_scope, reference_class
from .results import Finding, Verdict
from .traces import Trace, TraceError
from .tracing.itf import read_states

ENGINE = "apalache"

BOUND = 4
"""Steps of a run by default: a free, a call, and into the loop. Each further one costs more than the last."""


@dataclass(frozen=True)
class _Check:
    """A property of a variant at a scope, and the model that is checked for it."""

    job: Job
    model: TlaModel
    property: str


def run_bounded(
    jobs: Sequence[Job],
    bound: int,
    on_done: Callable[[], None],
    *,
    workers: int | None = None,
    timeout: float,
    cache: RunCache | None = None,
) -> list[Finding]:
    """A finding for each property of each job but the temporal ones, which are TLC's.

    First the types of each model are checked, then its properties, each up to `bound` steps. `timeout` is in
    seconds, for each run. What is in the `cache` is not run again. When this is interrupted, running engines
    are killed.

    Raises:
        EngineMissing: there is no Apalache, or no Java.
    """
    stopped = Event()
    models = [emit_model(job.compiled.program, job.scope) for job in jobs]
    typing = [partial(_types, model, stopped, timeout, cache) for model in models]
    typed = at_once(typing, lambda _number: on_done(), stopped, workers)
    checks = [
        (_Check(job, model, name), result)
        for job, model, result in zip(jobs, models, typed, strict=True)
        for name in job.properties
        if not PROPERTIES[name].temporal
    ]
    running = [partial(_finding, check, types, bound, stopped, timeout, cache) for check, types in checks]
    return at_once(running, lambda _number: on_done(), stopped, workers)


def steps_of(jobs: Sequence[Job]) -> int:
    """How many runs there are: of the types, and of each property."""
    return len(jobs) + sum(not PROPERTIES[name].temporal for job in jobs for name in job.properties)


def _go_on(stopped: Event) -> None:
    """Begin nothing after the end; what this raises is seen by nobody."""
    if stopped.is_set():
        raise CancelledError


def _types(model: TlaModel, stopped: Event, timeout: float, cache: RunCache | None) -> ApalacheResult:
    _go_on(stopped)
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        folder = write_model(model, Path(name))
        return check_types(folder / f"{model.module}.tla", timeout=timeout, cache=cache)


def _finding(
    check: _Check,
    types: ApalacheResult,
    bound: int,
    stopped: Event,
    timeout: float,
    cache: RunCache | None,
) -> Finding:
    if types.outcome != "no error":
        return _without_answer(check, types)
    _go_on(stopped)
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        folder = write_model(check.model, Path(name))
        obligation = Obligation(
            name=check.property,
            module=folder / f"{check.model.module}.tla",
            inv=PROPERTIES[check.property].operator,
            cinit=CONSTANTS,
            length=bound,
        )
        result = check_obligation(obligation, timeout=timeout, cache=cache)
    if result.outcome == "failed":
        return _without_answer(check, result)
    if result.outcome == "no error":
        return replace(_plain(check, "bounded", result), bound=bound)
    return _violated(check, result)


def _violated(check: _Check, result: ApalacheResult) -> Finding:
    """A violation, if the reference machine shows it too; else no verdict."""
    program, scope = check.job.compiled.program, check.job.scope
    reference = reference_class(program)
    try:
        states = read_states(result.itf or "", program)
        labels = find_labels(Machine(machine_scope(scope), reference), states)
    except TraceError as error:
        return _plain(check, "unknown", result, f"Apalache's counterexample cannot be read: {error}")
    except NoSuchStep as error:
        why = f"Apalache shows a counterexample that the reference machine does not: {error}"
        return _plain(check, "unknown", result, why)
    trace = Trace(program.name, program.source, scope, check.property, ENGINE, labels, tuple(states))
    found = replace(_plain(check, "violated", result), depth=len(states), trace=trace)
    return confirmed(found, reference)


def _without_answer(check: _Check, result: ApalacheResult) -> Finding:
    return _plain(check, "unknown", result, result.reason)


def _plain(check: _Check, found: Verdict, result: ApalacheResult, reason: str | None = None) -> Finding:
    return Finding(
        variant=check.job.compiled.program.name,
        scope=check.job.scope.name,
        property=check.property,
        expected=expectation(check.job.compiled, check.job.scope.name, check.property),
        found=found,
        engine=ENGINE,
        engine_version=result.version,
        seconds=round(result.seconds, 2),
        reason=reason,
        cached=result.cached,
    )
