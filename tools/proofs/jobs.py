"""Jobs: which variants are proved at which scopes, by which engines, and what each engine made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import click

from pcpdrain.codegen.ir.proof import Failure
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import Compiled
from pcpdrain.codegen.properties import PROVABLE, does_not_apply
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source

Engine = Literal["z3", "tlc", "apalache"]
Outcome = Literal["proved", "not_proved", "unknown", "not_run"]

ENGINES: tuple[Engine, ...] = ("z3", "tlc", "apalache")


@dataclass(frozen=True)
class Job:
    """One variant at one scope for one engine: the properties to prove, and the cache of runs.

    One that is made `in_passing`, by a check of everything, must not take long.
    """

    source: Source
    variant: str
    scope: Scope
    properties: tuple[str, ...]
    engine: Engine
    cache: Path | None = None
    in_passing: bool = False


@dataclass(frozen=True)
class Attempt:
    """What an engine made of a job. `proved` are the properties; `failures` say why the others are not.

    `reason` says why there is no proof, where no failure does.
    """

    job: Job
    outcome: Outcome
    proved: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = field(default=(), repr=False)
    obligations: int | None = None
    seconds: float | None = None
    reason: str = ""
    cached: bool = False

    def to_json(self) -> dict[str, Any]:
        """The attempt as plain data."""
        return {
            "variant": self.job.variant,
            "scope": self.job.scope.name,
            "engine": self.job.engine,
            "properties": list(self.job.properties),
            "outcome": self.outcome,
            "proved": list(self.proved),
            "obligations": self.obligations,
            "broken": sorted({failure.broken.name for failure in self.failures}),
            "seconds": self.seconds,
            "reason": self.reason or None,
        }


def claims(compiled: Compiled) -> dict[str, list[str]]:
    """What the variant claims to be proved, by scope."""
    found: dict[str, list[str]] = {}
    for line in compiled.variant.proofs:
        for place in line.scopes:
            found.setdefault(place.text, []).append(line.property.text)
    return found


def plan(
    compiled: Sequence[Compiled],
    scopes: Sequence[Scope],
    engines: Sequence[Engine],
    cache: Path | None = None,
    *,
    in_passing: bool = False,
) -> list[Job]:
    """What the variants claim to be proved; of one that claims nothing at these scopes, all that can be.

    Without `scopes` they are those of the claims, or all that are for proofs.
    """
    known = project_scopes().ready
    jobs = []
    for unit in compiled:
        wanted = claims(unit)
        places = list(scopes) or [scope for scope in known.values() if scope.proofs and not wanted]
        for scope in places or [known[name] for name in known if name in wanted]:
            names = wanted.get(scope.name) or [
                name for name in PROVABLE if not does_not_apply(name, unit.program, scope)
            ]
            source, name = unit.program.source, unit.program.name
            jobs += [Job(source, name, scope, tuple(names), engine, cache, in_passing) for engine in engines]
    if not jobs:
        raise click.UsageError("there is nothing to prove")
    return jobs
