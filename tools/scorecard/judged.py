"""Judged: mutants and traces, as they go into the card; which of them is chosen here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import Compiled, compile_source
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source

from ..mutation.campaign import campaign
from ..mutation.mutants import KINDS, Kind, MutantResult
from ..tracing.campaign import validation_campaign
from .card import Mutants, Survivor, Traces

EVERYWHERE: tuple[Kind, ...] = ("ir",)
"""Mutants of each variant itself, all of them."""

EVERYWHERE_AT = "solo_once"

SAMPLES: tuple[tuple[str, str, Kind, int], ...] = (
    ("per_cpu_summary", "solo_once", "python", 200),
    ("clear_then_set_mutex_interruptible", "solo_once", "python", 200),
    ("per_cpu_summary", "solo_one_zone", "pcpref", 300),
    ("clear_then_set_mutex_interruptible", "alone", "tla", 60),
    ("per_cpu_summary", "racing_once", "ir", 60),
    ("clear_then_set_mutex_interruptible", "racing_once", "ir", 60),
)
"""Mutants of what all variants share, which cost more: variant, scope, kind, and how many at the most."""

WIDE = Scope("wide", cpus=4, zones=3, pages=16, high=6, batch=3, drainers=(0, 1))
WIDER = replace(WIDE, name="wider", cpus=8, drainers=(0, 3, 3))
"""Scopes whose graphs nobody will ever finish: 4 and 8 CPUs, 3 zones, blocks up to order 4."""

SEEDS, STEPS, CORRUPTIONS = range(3), 120, 150


def judged_mutants(variants: Sequence[Compiled]) -> Iterator[Mutants]:
    """The mutants of all these variants, by kind.

    Raises:
        EngineMissing: there is no C compiler, or no tool that mutates Python.
    """
    scopes = project_scopes().ready
    for unit in variants:
        yield from _counted(unit, scopes[EVERYWHERE_AT], EVERYWHERE, None)
    for name, scope, kind, most in SAMPLES:
        for unit in variants:
            if unit.program.name == name:
                yield from _counted(unit, scopes[scope], (kind,), most)


def _counted(unit: Compiled, scope: Scope, kinds: Sequence[Kind], most: int | None) -> Iterator[Mutants]:
    results = campaign(unit, scope, kinds, most=most)
    for kind in KINDS:
        if kind in kinds:
            yield _mutants(unit.program.name, scope.name, kind, [r for r in results if r.kind == kind])


def _mutants(variant: str, scope: str, kind: Kind, results: Iterable[MutantResult]) -> Mutants:
    made = list(results)
    noticed: dict[str, int] = {}
    for result in made:
        for suite, notices in result.killed_by.items():
            noticed[suite] = noticed.get(suite, 0) + notices
    survivors = tuple(
        Survivor(variant, scope, kind, result.place, result.description, result.diff)
        for result in made
        if result.verdict == "survived"
    )
    verdicts = [result.verdict for result in made]
    return Mutants(
        variant,
        scope,
        kind,
        len(made),
        verdicts.count("stillborn"),
        verdicts.count("equivalent"),
        sum(result.noticed for result in made),
        survivors,
        noticed,
    )


def judged_traces(source: Source) -> Traces:
    """Runs of a variant at wide scopes, and corruptions of them, against the specification."""
    unit = compile_source(source)
    counts = validation_campaign(unit, [WIDE, WIDER], SEEDS, STEPS, most=CORRUPTIONS)
    return Traces(
        unit.program.name,
        counts.traces,
        counts.events,
        counts.accepted,
        counts.corruptions,
        counts.still_legal,
        counts.refused,
        tuple(counts.wrong),
    )
