"""Kept: a proof that z3 has found before is not made again while nothing that went into it has changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import z3

from pcpdrain.codegen.library import SPEC

from ..engines.process import Finished
from ..engines.run_cache import RunCache, run_key
from .jobs import Attempt, Job

_CODE = (SPEC.parent / "codegen", SPEC / "lib")


def remembered(job: Job, make: Callable[[], Attempt]) -> Attempt:
    """The attempt of a job: a kept one if all was proved then, or one made now.

    What went into it are the variant, the scope, the properties, the solver, the library and all of the
    compiler. What was not proved is always tried again: it has counterexamples to show.
    """
    runs = RunCache(job.cache)
    if runs.folder is None:
        return make()
    key = _key(job)
    kept = runs.find(key)
    if kept is not None:
        obligations, seconds = json.loads(kept.finished.lines[0])
        return Attempt(job, "proved", job.properties, (), obligations, seconds, cached=True)
    found = make()
    if found.outcome == "proved":
        written = json.dumps([found.obligations, found.seconds])
        runs.keep(key, Finished(0, (written,), found.seconds or 0.0))
    return replace(found, cached=False)


def _key(job: Job) -> str:
    parts = ["z3", z3.get_version_string(), repr(job.scope), *job.properties, _code()]
    return run_key(parts, {job.source.name: job.source.text})


@cache
def _code() -> str:
    """The digest of the compiler, which makes the obligations, and of the library."""
    texts = sha256()
    for folder in _CODE:
        for path in sorted(_texts(folder)):
            texts.update(path.relative_to(SPEC.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return texts.hexdigest()


def _texts(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
