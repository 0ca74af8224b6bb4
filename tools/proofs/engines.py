"""Engines: discharge the obligations of a job with z3, with Apalache, and at tiny scopes with TLC."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path
from time import monotonic

from pcpdrain.codegen.backends.smt.proof import NoAnswer, prove
from pcpdrain.codegen.backends.tla.inductive import InductiveModel, emit_inductive
from pcpdrain.codegen.graph import Value
from pcpdrain.codegen.ir import formula as f
from pcpdrain.codegen.ir.proof import Failure, Kind, Unprovable
from pcpdrain.codegen.pipeline import Compiled, compile_source
from pcpdrain.codegen.source import Source

from ..check import TIME_LIMIT, write_model
from ..engines.java import EngineMissing
from ..engines.run_cache import RunCache
from ..engines.servers import Servers
from ..engines.tlc import TlcResult, run_tlc
from .by_apalache import by_apalache
from .jobs import Attempt, Job, Outcome
from .kept import remembered


def attempt(job: Job, servers: Servers | None = None) -> Attempt:
    """What the engine of a job makes of it."""
    try:
        if job.engine == "z3":
            return remembered(job, lambda: _by_z3(job))
        return _by_tlc(job, servers) if job.engine == "tlc" else by_apalache(job, compiled(job.source))
    except (Unprovable, EngineMissing) as error:
        return Attempt(job, "not_run", reason=str(error))


@lru_cache(maxsize=64)  # a variant is proved at several scopes
def compiled(source: Source) -> Compiled:
    """A variant, compiled."""
    return compile_source(source)


def _by_z3(job: Job) -> Attempt:
    begin = monotonic()
    try:
        proof = prove(compiled(job.source).program, job.scope, job.properties)
    except NoAnswer as error:
        return Attempt(job, "unknown", reason=str(error))
    proved = tuple(name for name in job.properties if proof.proves(name))
    seconds = round(monotonic() - begin, 2)
    return Attempt(job, _outcome(job, proved), proved, proof.failures, proof.obligations, seconds)


def _outcome(job: Job, proved: tuple[str, ...]) -> Outcome:
    return "proved" if proved == job.properties else "not_proved"


def _by_tlc(job: Job, servers: Servers | None) -> Attempt:
    """Two searches: from the start and from all states of `Ind`; in both, every conjunct must hold for ever.

    TLC stops at what it finds first. In the second search all of its states are ones to start from.
    """
    if job.scope.proofs != "tiny":
        return Attempt(job, "not_run", reason="too many states to enumerate at scopes that are not tiny")
    model = emit_inductive(compiled(job.source).program, job.scope, job.properties)
    failures: list[Failure] = []
    seconds, cached = 0.0, True
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        write_model(model, folder)
        for init in ("Init", "IndInit"):
            config = folder / f"{init}.cfg"
            config.write_text(model.config(init), encoding="utf-8")
            result = run_tlc(
                folder,
                model.module,
                config,
                timeout=TIME_LIMIT,
                cache=RunCache(job.cache),
                servers=servers,
            )
            seconds += result.seconds
            cached &= result.cached
            if result.outcome == "error":
                return Attempt(job, "unknown", reason=result.reason)
            if result.outcome != "holds":
                failures.append(_failure(model, result, init))
    proved = job.properties if not failures else ()
    outcome = _outcome(job, proved)
    return Attempt(job, outcome, proved, tuple(failures), None, round(seconds, 2), cached=cached)


def _failure(model: InductiveModel, result: TlcResult, init: str) -> Failure:
    """What TLC shows: the last step of its trace, or its only state."""
    operator = result.violated or ""
    states = [_observed(model, state) for _, state in result.trace]
    labels = [model.model.labels.get(action or "", "") for action, _ in result.trace]
    if operator in model.properties:
        broken = f.Conjunct(model.properties[operator], f.TRUE, "the property itself")
    else:
        broken = model.conjuncts.get(operator, f.Conjunct("TypeOK", f.TRUE, "each variable is in its range"))
    kind: Kind
    if init == "Init":
        kind = "initiation" if len(states) == 1 else "reached"
    else:
        kind = "property" if len(states) == 1 else "consecution"
    if len(states) == 1:
        return Failure(kind, broken, states[0])
    return Failure(kind, broken, states[-2], labels[-1], states[-1], steps=len(states) - 1)


def _observed(model: InductiveModel, state: dict[str, Value]) -> dict[str, Value]:
    """A state of TLC by the names of an observed state."""
    keys = model.model.state_keys
    return {keys[name]: value for name, value in state.items() if name in model.visible}
