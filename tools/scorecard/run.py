"""Run: measure all variants at their scopes, several at once, and put the card together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_

from pcpdrain.codegen.pipeline import Compiled, compile_source
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source

from ..engines.java import EngineMissing
from ..parallel import in_parallel
from ..planning import scopes_of
from .branches import PCPREF, Branches, Coverage, covered_branches
from .card import Card
from .measure import MOST_STATES, LeftOut, Row, measure

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


def suites_and_branches(
    variants: Sequence[Compiled], scopes: Sequence[Scope], on_done: Callable[[], None]
) -> Card:
    """The rows of all variants at these scopes, and the branches that their suites take.

    Raises:
        EngineMissing, EngineFailed: TLC is not there, or did not finish.
    """
    jobs = [(unit.program.source, scope) for scope in _large_first(scopes) for unit in variants]
    measured = in_parallel(_measure, jobs, on_done)
    measured.sort(key=lambda found: (found.variant, [scope.name for scope in scopes].index(found.scope)))
    covering = [(unit.program.source, _covering(unit, scopes)) for unit in variants]
    not_run: list[str] = []
    programs: dict[str, Branches] = {}
    reference = Branches()
    try:
        covered = in_parallel(_cover, covering, on_done)
    except EngineMissing as error:
        not_run.append(f"branches: {error}")
    else:
        programs = {unit.program.name: found.program for unit, found in zip(variants, covered, strict=True)}
        reference = reduce(or_, (found.reference for found in covered), reference)
    return Card(
        rows=[found for found in measured if isinstance(found, Row)],
        left_out=[found for found in measured if isinstance(found, LeftOut)],
        programs=programs,
        reference=reference,
        unreachable=unreachable(),
        not_run=not_run,
    )


def jobs_of(variants: Sequence[Compiled], scopes: Sequence[Scope]) -> int:
    """How often `suites_and_branches` calls `on_done`."""
    return len(variants) * (len(scopes) + 1)


def _large_first(scopes: Sequence[Scope]) -> list[Scope]:
    return sorted(scopes, key=lambda scope: -scope.cpus * scope.pages * len(scope.drainers))


def _covering(unit: Compiled, scopes: Sequence[Scope]) -> list[Scope]:
    """The scopes with suites of this variant: those are the generated suite."""
    checked = scopes_of(unit, scopes)
    return [scope for scope in scopes if scope.suites == "tiny" or (scope.suites and scope in checked)]


def _measure(source: Source, scope: Scope) -> Row | LeftOut:
    return measure(compile_source(source), scope, MOST_STATES)


def _cover(source: Source, scopes: Sequence[Scope]) -> Coverage:
    return covered_branches(compile_source(source), scopes)
