"""Report: what `pcpdrain mutate` prints and writes, within 80 columns."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from .mutants import KINDS, MutantResult
from .suites import OURS

_WIDTH = 80
_OPERATOR = 30
_HEAD = ("made", "stillborn", "equivalent", "killed", "survived")


def succeeded(results: Iterable[MutantResult]) -> bool:
    """Whether every mutant that can run and is not equivalent is noticed."""
    return all(result.verdict != "survived" for result in results)


def report(variant: str, scope: str, results: Sequence[MutantResult]) -> Iterator[str]:
    """The lines about a variant at a scope: a table, who notices how many, each survivor with its diff."""
    yield f"{variant}, scope {scope}"
    yield _row("operator", _HEAD)
    for kind, about in KINDS.items():
        of_kind = [result for result in results if result.kind == kind]
        if of_kind:
            yield f"{kind}: {about}"
            for operator in dict.fromkeys(result.operator for result in of_kind):
                yield _row(f"  {operator}", _counts(r for r in of_kind if r.operator == operator))
            yield _row("  all", _counts(of_kind))
    yield ""
    yield from _matrix(results)
    for result in results:
        if result.verdict == "survived":
            yield ""
            yield f"survived: {result.operator}, {result.place}"
            yield from textwrap.wrap(result.description, _WIDTH, initial_indent="  ", subsequent_indent="  ")
            yield from (f"  {line}" for line in result.diff.splitlines() if line != result.description)
            if result.reason:
                yield f"  ({result.reason})"


def as_json(found: Iterable[tuple[str, str, Sequence[MutantResult]]]) -> str:
    """All results, one object for each mutant."""
    rows = [
        {"variant": variant, "scope": scope, **asdict(result)}
        for variant, scope, results in found
        for result in results
    ]
    return json.dumps(rows, indent=1) + "\n"


def _matrix(results: Sequence[MutantResult]) -> Iterator[str]:
    """The kill matrix, summed up: for each suite how many it notices of those that are another graph."""
    judged = [result for result in results if len(result.killed_by) > 1]
    if not judged:
        yield "no mutant is another graph"
        return
    yield f"noticed, of {len(judged)} that are not equivalent"
    for column in judged[0].killed_by:
        count = sum(result.killed_by[column] for result in judged)
        missed = f"misses {len(judged) - count}" if count < len(judged) else ""
        name = "the suite (transition cover, states + enabled)" if column == OURS else f"{column}, states"
        yield f"  {name:<48}{count:>5}  {missed}".rstrip()


def _counts(results: Iterable[MutantResult]) -> list[str]:
    made = list(results)
    verdicts = [result.verdict for result in made]
    killed = sum(result.noticed for result in made)
    numbers = (
        len(made), verdicts.count("stillborn"), verdicts.count("equivalent"), killed,
        verdicts.count("survived"),
    )  # fmt: skip
    return [str(number) for number in numbers]


def _row(name: str, cells: Sequence[str]) -> str:
    widths = [max(len(head), 6) for head in _HEAD]
    row = "".join(f" {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"{name:<{_OPERATOR}}{row}"
