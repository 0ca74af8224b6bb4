"""Check: every variant at every scope, each property, by TLC; several at once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Literal

from pcpdrain.codegen.backends.tla import TlaModel, emit_model
from pcpdrain.codegen.backends.tla.model import INVARIANTS
from pcpdrain.codegen.library import PLANNED_PROPERTIES, PROPERTIES
from pcpdrain.codegen.pipeline import Compiled
from pcpdrain.codegen.scopes import Scope, Scopes

from .engines.java import EngineMissing
from .engines.process import stop_all
from .engines.tlc import TlcResult, run_tlc
from .results import Finding
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
        return (self.scope.cpus * self.scope.zones * self.scope.pages) ** (2 * len(self.scope.drainers))


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


def plan(variants: Sequence[Compiled], scopes: Scopes, only_scopes: Sequence[str], only: Sequence[str]) -> Plan:
    """All combinations that the filters leave (an empty filter leaves all)."""
    properties = tuple(name for name in PROPERTIES if not only or name in only)
    chosen = [scope for name, scope in scopes.ready.items() if not only_scopes or name in only_scopes]
    jobs = tuple(Job(compiled, scope, properties) for compiled in variants for scope in chosen if properties)
    not_run = [
        Finding(compiled.program.name, scope.text, line.property.text, line.verdict, "not_run", reason=reason)
        for compiled in variants
        for line in compiled.variant.expectations
        for scope in line.scopes
        if (not only or line.property.text in only) and (not only_scopes or scope.text in only_scopes)
        if (reason := _planned(compiled, scopes, scope.text, line.property.text))
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


def run(jobs: Sequence[Job], on_done: Callable[[Job], None], workers: int | None = None) -> list[Finding]:
    """Run all jobs, the largest first; findings in the order of the jobs.

    When this is interrupted (Ctrl-C), running engines are killed before the exception goes on.
    """
    stopped = Event()
    with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
        futures: dict[Future[list[Finding]], Job] = {}
        try:
            for job in sorted(jobs, key=lambda job: -job.size):
                futures[pool.submit(run_job, job, stopped)] = job
            for future in as_completed(futures):
                future.result()
                on_done(futures[future])
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            stop_all()
            raise
    found = {id(job): future.result() for future, job in futures.items()}
    return [finding for job in jobs for finding in found[id(job)]]


def run_job(job: Job, stopped: Event) -> list[Finding]:
    """Check one model. TLC stops at the first violation, so it runs again without that property until the rest holds."""
    model = emit_model(job.compiled.program, job.scope)
    left = list(job.properties)
    found: dict[str, Finding] = {}
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        folder = write_model(model, Path(name))
        while left and not stopped.is_set():
            config = folder / "model.cfg"
            config.write_text(model.config([INVARIANTS[name] for name in left]), encoding="utf-8")
            try:
                result = run_tlc(folder, model.module, config, timeout=TIME_LIMIT)
            except EngineMissing as error:
                found |= {name: _finding(job, name, "not_run", reason=str(error)) for name in left}
                break
            if result.outcome == "violated":
                violated = next(name for name in left if INVARIANTS[name] == result.violated)
                found[violated] = _violation(job, model, violated, result)
                left.remove(violated)
            elif result.outcome == "holds":
                found |= {name: _finding(job, name, "holds", result) for name in left}
                break
            else:
                found |= {name: _finding(job, name, "unknown", result, reason=result.reason) for name in left}
                break
    return [found[name] for name in job.properties if name in found]


def write_model(model: TlaModel, folder: Path) -> Path:
    """Write a model's modules into a folder."""
    for name, text in model.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _finding(
    job: Job,
    name: str,
    verdict: Literal["holds", "violated", "unknown", "not_run"],
    result: TlcResult | None = None,
    reason: str | None = None,
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
        reason=reason,
    )


def _violation(job: Job, model: TlaModel, name: str, result: TlcResult) -> Finding:
    program = job.compiled.program
    trace = trace_of(
        program.name, program.source, job.scope, name, ENGINE, result.trace, (model.labels, model.state_keys)
    )
    finding = _finding(job, name, "violated", result)
    return Finding(**{**vars(finding), "depth": len(trace.states), "trace": trace})


def unmet(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that are not what the variant expects."""
    return [finding for finding in findings if not finding.met]
