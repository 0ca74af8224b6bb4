"""Kept: a proof that z3 has found before is not made again while nothing that went into it has changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import z3

from ..engines.run_cache import RunCache, run_key
from ..made_from import digests
from .jobs import Attempt, Job


def remembered(job: Job, make: Callable[[], Attempt]) -> Attempt:
    """The attempt of a job: a kept one if all was proved then, or one made now.

    What was not proved is always tried again: it has counterexamples to show.
    """
    if (kept := recalled(job)) is not None:
        return kept
    found = make()
    runs = RunCache(job.cache)
    if found.outcome == "proved" and runs.folder is not None:
        runs.note(_key(job), [found.obligations, found.seconds], found.seconds or 0.0)
    return found


def recalled(job: Job) -> Attempt | None:
    """The proof that z3 has found before, if there is one.

    What went into it are the variant, the scope, the properties, the solver, the library and all of the
    compiler.
    """
    runs = RunCache(job.cache)
    kept = runs.recall(_key(job)) if runs.folder is not None else None
    if kept is None:
        return None
    obligations, seconds = kept
    return Attempt(job, "proved", job.properties, (), obligations, seconds, cached=True)


def _key(job: Job) -> str:
    parts = ["z3", z3.get_version_string(), repr(job.scope), *job.properties, _code()]
    return run_key(parts, {job.source.name: job.source.text})


@cache
def _code() -> str:
    """The digests of the compiler, which makes the obligations, and of the library."""
    return repr([item for item in digests().items() if item[0].startswith(("codegen/", "spec/lib/"))])
