"""By Apalache: the obligations of a job, one after the other: initiation, consecution, and each property."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pcpdrain.codegen.backends.tla.inductive import emit_inductive
from pcpdrain.codegen.backends.tla.model import CONSTANTS
from pcpdrain.codegen.pipeline import Compiled

from ..check import write_model
from ..engines.apalache import Obligation, check_obligation
from ..engines.apalache_found import find_apalache
from ..engines.run_cache import RunCache
from .jobs import Attempt, Job, Outcome

_FAILED = {
    "initiation": "the invariant is false at the start",
    "consecution": "some step from a state of the invariant leads out of it; z3 shows one",
}


def by_apalache(job: Job, compiled: Compiled) -> Attempt:
    """What Apalache makes of a job. It is proved when every obligation has the answer "no error".

    Raises:
        EngineMissing: there is no Apalache, or no Java.
        Unprovable: the program has variables without bounds.
    """
    find_apalache()  # before anything is emitted for it
    if job.in_passing and job.scope.proofs != "tiny":
        return Attempt(
            job, "not_run", reason="a check has time for tiny scopes; `pcpdrain prove` has for all"
        )
    model = emit_inductive(compiled.program, job.scope, job.properties)
    cache = RunCache(job.cache)
    broken: dict[str, str] = {}
    seconds, cached = 0.0, True
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        folder = write_model(model, Path(name))
        for one in model.obligations:
            module = folder / f"{one.module}.tla"
            wanted = Obligation(one.name, module, one.inv, CONSTANTS, one.init, one.next, one.length)
            result = check_obligation(wanted, cache=cache)
            seconds += result.seconds
            cached &= result.cached
            if result.outcome == "failed":
                return Attempt(job, "unknown", reason=f"{one.name}: {result.reason}")
            if result.outcome == "violated":
                broken[one.name] = _FAILED.get(one.name, f"the invariant does not imply {one.name}")
    # Without initiation and consecution no property is proved, whatever it follows from.
    kept = not broken.keys() & _FAILED.keys()
    proved = tuple(name for name in job.properties if kept and name not in broken)
    outcome: Outcome = "proved" if proved == job.properties else "not_proved"
    reason = "; ".join(broken.values())
    return Attempt(job, outcome, proved, (), len(model.obligations), round(seconds, 2), reason, cached=cached)
