"""Run: measure all variants at their scopes, several at once, and put the card together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from pathlib import Path

from pcpdrain.codegen.pipeline import Compiled, compile_source
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source

from ..conformance import suite_jobs
from ..engines.java import EngineMissing
from ..engines.tlc import EngineFailed
from ..parallel import in_parallel
from .branches import PCPREF, Branches, Coverage, covered_branches
from .card import Card, Mutants
from .judged import judged_mutants, judged_traces
from .kept import remembered_row
from .measure import LeftOut, Row, measure

_MARK = re.compile(r"#\s*no suite takes this: (?P<reason>.+)$")
"""In pcpref, on the line of a branch that suites cannot take in both directions."""


def unreachable() -> dict[str, str]:
    """The lines of pcpref that say that no suite can take one of their branches, and why."""
    found = {}
    for path in sorted(PCPREF.glob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            marked = _MARK.search(line)
            if marked is not None:
                found[f"{path.name}:{number}"] = marked["reason"]
    return found


_ONE_WAY = re.compile(r"//\s*no suite takes both ways of (?P<step>[\w.]+): (?P<reason>.+)$", re.MULTILINE)
"""In a variant, of a step after which its program goes one way only, though it looks as if there were two."""


def one_way(variant: Source) -> dict[str, str]:
    """The steps of which a variant says that no suite takes both ways, and why."""
    return {marked["step"]: marked["reason"] for marked in _ONE_WAY.finditer(variant.text)}


def measured(
    variants: Sequence[Compiled],
    scopes: Sequence[Scope],
    most_states: int,
    on_done: Callable[[], None],
    *,
    whole: bool,
    cache: Path | None = None,
) -> Card:
    """The rows of all variants at these scopes; if it is to be the `whole` card, all the rest as well.

    Rows are kept in a folder `cache`, and those that are there already are not measured again.

    Raises:
        EngineMissing, EngineFailed: TLC is not there, or did not finish.
    """
    jobs = [
        (unit.program.source, scope, most_states, cache)
        for scope in _large_first(scopes)
        for unit in variants
    ]
    found = in_parallel(_measure, jobs, on_done)
    names = [scope.name for scope in scopes]
    found.sort(key=lambda row: (row.variant, names.index(row.scope)))
    card = Card(
        rows=[row for row in found if isinstance(row, Row)],
        left_out=[row for row in found if isinstance(row, LeftOut)],
    )
    return _with_all_else(card, variants, scopes, on_done) if whole else card


def jobs_of(variants: Sequence[Compiled], scopes: Sequence[Scope], *, whole: bool) -> int:
    """How often `measured` calls `on_done`, mutants apart."""
    return len(variants) * (len(scopes) + (2 if whole else 0))


def _with_all_else(
    card: Card, variants: Sequence[Compiled], scopes: Sequence[Scope], on_done: Callable[[], None]
) -> Card:
    covering = [(unit.program.source, _covering(unit, scopes)) for unit in variants]
    not_run: list[str] = []
    programs: dict[str, Branches] = {}
    reference = Branches()
    mutants: list[Mutants] = []
    try:
        covered = in_parallel(_cover, covering, on_done)
    except EngineMissing as error:
        not_run.append(f"branches: {error}")
    else:
        programs = {unit.program.name: found.program for unit, found in zip(variants, covered, strict=True)}
        reference = reduce(or_, (found.reference for found in covered), reference)
    try:
        mutants = list(judged_mutants(variants))
    except EngineMissing as error:
        not_run.append(f"mutants: {error}")
    traces = in_parallel(judged_traces, [(unit.program.source,) for unit in variants], on_done)
    return replace(
        card,
        programs=programs,
        reference=reference,
        unreachable=unreachable(),
        one_way={unit.program.name: one_way(unit.program.source) for unit in variants},
        mutants=mutants,
        traces=traces,
        not_run=not_run,
    )


def _large_first(scopes: Sequence[Scope]) -> list[Scope]:
    return sorted(scopes, key=lambda scope: -scope.cpus * scope.pages * len(scope.drainers))


def _covering(unit: Compiled, scopes: Sequence[Scope]) -> list[Scope]:
    """The scopes with suites of this variant: those are the generated suite."""
    with_suites = [scope for scope in scopes if scope.suites]
    return [scope for _, scope in suite_jobs([unit], with_suites, named=False)]


def _measure(source: Source, scope: Scope, most_states: int, cache: Path | None) -> Row | LeftOut:
    """A row; see `measure`. What goes wrong in one of hundreds says where it did."""

    def make() -> Row | LeftOut:
        return measure(compile_source(source), scope, most_states)

    try:
        return remembered_row(cache, source, scope, most_states, make)
    except EngineFailed as error:
        raise EngineFailed(f"{Path(source.name).stem}, {scope.name}: {error}") from None


def _cover(source: Source, scopes: Sequence[Scope]) -> Coverage:
    return covered_branches(compile_source(source), scopes)
