"""Check: every variant at every scope, each property, by TLC; several at once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from time import sleep
from typing import Literal

from pcpdrain.codegen.backends.tla import TlaModel, emit_model
from pcpdrain.codegen.backends.tla.model import INVARIANTS
from pcpdrain.codegen.library import PLANNED_PROPERTIES, PROPERTIES, project_scopes
from pcpdrain.codegen.pipeline import Compiled
from pcpdrain.codegen.scopes import Scope, Scopes

from .engines.java import EngineMissing
from .engines.process import stop_all
from .engines.tlc import TlcResult, run_tlc
from .files import reason
from .results import Finding, Verdict
from .traces import trace_of

ENGINE = "tlc"
TIME_LIMIT = 600.0
"""Seconds for one run of TLC; far above what any shipped variant needs at any scope."""


@dataclass(frozen=True)
class Job:
    """One variant at one scope; all its properties are checked on one model."""

    compiled: Compiled
    scope: Scope
    properties: tuple[str, ...]

    @property
    def size(self) -> int:
        """A rough measure of the state space, to begin with the largest."""
        base: int = self.scope.cpus * self.scope.zones * self.scope.pages
        return int(base ** (2 * len(self.scope.drainers)))


@dataclass(frozen=True)
class Plan:
    """What to run, and what is known not to run, with the reason."""

    jobs: tuple[Job, ...]
    not_run: tuple[Finding, ...]


def expectation(compiled: Compiled, scope: str, name: str) -> Literal["holds", "violated"] | None:
    """What the variant's `expect` block says, if anything."""
    for line in compiled.variant.expectations:
        if line.property.text == name and scope in {place.text for place in line.scopes}:
            return line.verdict
    return None


def plan(variants: Sequence[Compiled], scopes: Sequence[Scope], properties: Sequence[str]) -> Plan:
    """All combinations; and, unless only some scopes or properties are wanted, what cannot be checked yet."""
    jobs = tuple(Job(compiled, scope, tuple(properties)) for compiled in variants for scope in scopes)
    known = project_scopes()
    if len(scopes) < len(known.ready) or len(properties) < len(PROPERTIES):
        return Plan(jobs, ())
    not_run = [
        Finding(compiled.program.name, scope.text, line.property.text, line.verdict, "not_run", reason=reason)
        for compiled in variants
        for line in compiled.variant.expectations
        for scope in line.scopes
        if (reason := _planned(compiled, known, scope.text, line.property.text))
    ]
    return Plan(jobs, tuple(not_run))


def _planned(compiled: Compiled, scopes: Scopes, scope: str, name: str) -> str:
    """Why an expectation cannot be checked yet; empty when it can."""
    if scope in scopes.planned:
        return f"scope {scope} waits for {scopes.planned[scope]}"
    if name in PLANNED_PROPERTIES:
        return f"property {name} waits for {PLANNED_PROPERTIES[name]}"
    if name in {invariant.name.text for invariant in compiled.variant.invariants}:
        return f"invariant {name} waits for inductive proofs"
    return ""


def run(
    jobs: Sequence[Job],
    on_done: Callable[[Job], None],
    *,
    workers: int | None = None,
    timeout: float = TIME_LIMIT,
) -> list[Finding]:
    """Run all jobs, the largest first; findings in the order of the jobs.

    `timeout` is in seconds, for each run of an engine.
    When this is interrupted (Ctrl-C), running engines are killed before the exception goes on.
    """
    stopped = Event()
    with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
        futures: dict[Future[list[Finding]], Job] = {}
        try:
            for job in sorted(jobs, key=lambda job: -job.size):
                futures[pool.submit(run_job, job, stopped, timeout)] = job
            for future in as_completed(futures):
                future.result()
                on_done(futures[future])
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(future.done() for future in futures):
                stop_all()  # again and again: an engine may have been just about to start
                sleep(0.05)
            raise
    found = {id(job): future.result() for future, job in futures.items()}
    return [finding for job in jobs for finding in found[id(job)]]


def run_job(job: Job, stopped: Event, timeout: float) -> list[Finding]:
    """Check one model. TLC stops at the first violation, and runs again without that property."""
    model = emit_model(job.compiled.program, job.scope)
    left = list(job.properties)
    found: dict[str, Finding] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
            folder = write_model(model, Path(name))
            while left and not stopped.is_set():
                config = folder / "model.cfg"
                config.write_text(model.config([INVARIANTS[name] for name in left]), encoding="utf-8")
                result = run_tlc(folder, model.module, config, timeout=timeout)
                violated = _violation(job, model, result) if result.outcome == "violated" else None
                if violated is None:
                    verdict: Verdict = "holds" if result.outcome == "holds" else "unknown"
                    found |= {name: _finding(job, name, verdict, result, result.reason) for name in left}
                    break
                found[violated.property] = violated
                left.remove(violated.property)
    except EngineMissing as error:
        found |= {name: _finding(job, name, "not_run", reason=str(error)) for name in left}
    except OSError as error:
        why = f"the model cannot be written: {reason(error)}"
        found |= {name: _finding(job, name, "unknown", reason=why) for name in left}
    return [found[name] for name in job.properties if name in found]


def write_model(model: TlaModel, folder: Path) -> Path:
    """Write a model's modules into a folder."""
    for name, text in model.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _finding(
    job: Job, name: str, verdict: Verdict, result: TlcResult | None = None, reason: str | None = None
) -> Finding:
    return Finding(
        variant=job.compiled.program.name,
        scope=job.scope.name,
        property=name,
        expected=expectation(job.compiled, job.scope.name, name),
        found=verdict,
        engine=ENGINE,
        engine_version=result.version if result else None,
        states=result.distinct if result else None,
        transitions=result.generated - 1 if result and result.generated else None,
        depth=result.depth if result else None,
        seconds=round(result.seconds, 2) if result else None,
        reason=reason or None,
    )


def _violation(job: Job, model: TlaModel, result: TlcResult) -> Finding:
    program = job.compiled.program
    name = next(name for name in job.properties if INVARIANTS[name] == result.violated)
    names = (model.labels, model.state_keys)
    trace = trace_of(program.name, program.source, job.scope, name, ENGINE, result.trace, names)
    return replace(_finding(job, name, "violated", result), depth=len(trace.states), trace=trace)


def unmet(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that are not what the variant expects."""
    return [finding for finding in findings if not finding.met]
