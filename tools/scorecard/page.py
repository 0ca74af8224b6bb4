"""Page: a card as Markdown, for SCORECARD.md."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from typing import Any

from pcpdrain.codegen.render import render

from .card import MOST_RATIO, Card, below
from .measure import Row

_LOOKS_AT = {
    "state cover": "states",
    "walks": "states",
    "walks + enabled": "states and enabled steps",
    "transition cover": "states",
    "suite": "states and enabled steps",
}
_SUITES = {"walks": "random walks", "walks + enabled": "random walks", "suite": "**the generated suite**"}


def page(card: Card) -> str:
    """The whole page."""
    return render(
        "scorecard.md.j2",
        machine=f", with Python {platform.python_version()}",
        bars=list(_bars(card)),
        failures=[" ".join(line.splitlines()[0].split()) for line in below(card)],
        rows=[_row(row) for row in card.rows],
        left_out=card.left_out,
        has_branches=bool(card.programs),
        branches=list(_branches(card)),
        unreachable=list(_unreachable(card)),
        mutants=[_mutants(line) for line in card.mutants],
        matrix=list(_matrix(card)),
        survivors=[survivor for line in card.mutants for survivor in line.survivors],
        traces=card.traces,
        not_run=card.not_run,
    )


def _bars(card: Card) -> Iterator[dict[str, str]]:
    def bar(what: str, least: str, found: str) -> dict[str, str]:
        return {"what": what, "least": least, "found": found}

    rows = card.rows
    yield bar("transitions taken", "100 %", _share(rows, "taken", "transitions"))
    yield bar("states with the enabled set compared", "100 %", _share(rows, "compared", "states"))
    equal = sum(row.explorer == "equal" for row in rows)
    yield bar("graphs of TLC and of the explorer that are equal", "all", f"{equal} of {len(rows)}")
    equal = sum(row.reference == "equal" for row in rows)
    yield bar(
        "graphs that the reference machine walks without a difference", "all", f"{equal} of {len(rows)}"
    )
    worst = max((row.ratio for row in rows), default=1.0)
    yield bar("steps, as a multiple of the bound", f"no more than {MOST_RATIO}", f"at most {worst:.3f}")
    if card.programs:
        taken = sum(len(branches.taken) for branches in card.programs.values())
        known = taken + sum(len(card.unexplained_of(variant)) for variant in card.programs)
        yield bar("branches of the generated Python", "100 %", f"{taken:,} of {known:,}")
        taken = len(card.reference.taken)
        known = taken + len(card.unexplained)
        yield bar("branches of the reference machine", "100 %", f"{taken:,} of {known:,}")
    if card.mutants:
        killed = sum(line.killed for line in card.mutants)
        alive = sum(len(line.survivors) for line in card.mutants)
        yield bar("mutants killed that are not equivalent", "100 %", f"{killed:,} of {killed + alive:,}")
    if card.traces:
        accepted, all_traces = (sum(getattr(t, key) for t in card.traces) for key in ("accepted", "traces"))
        yield bar("recorded traces accepted", "all", f"{accepted:,} of {all_traces:,}")
        tried = sum(traces.corruptions for traces in card.traces)
        wrong = sum(len(traces.wrong) for traces in card.traces)
        yield bar("corrupted traces answered rightly", "all", f"{tried - wrong:,} of {tried:,}")


def _share(rows: Iterable[Row], part: str, whole: str) -> str:
    parts, wholes = 0, 0
    for row in rows:
        parts += getattr(row, part)
        wholes += getattr(row, whole)
    return f"{parts:,} of {wholes:,}"


def _row(row: Row) -> dict[str, Any]:
    numbers = ("states", "transitions", "taken", "compared", "tests", "steps", "bound")
    differing = [
        f"{who}: {said.splitlines()[0]}"
        for who, said in (("explorer", row.explorer), ("pcpref", row.reference))
        if said != "equal"
    ]
    return {
        "variant": row.variant,
        "scope": row.scope,
        **{name: f"{getattr(row, name):,}" for name in numbers},
        "ratio": f"{row.ratio:.3f}",
        "seconds": f"{row.seconds:.1f} s",
        "agree": "; ".join(differing) or "all",
    }


def _branches(card: Card) -> Iterator[dict[str, Any]]:
    for variant, branches in card.programs.items():
        yield {"what": f"Python of `{variant}`", "known": len(branches.known), "taken": len(branches.taken)}
    reference = card.reference
    yield {
        "what": "reference machine",
        "known": f"{len(reference.known):,}",
        "taken": f"{len(reference.taken):,}",
    }


def _unreachable(card: Card) -> Iterator[tuple[str, str]]:
    for variant, reasons in card.one_way.items():
        for step, reason in reasons.items():
            yield f"`{variant}`, `{step}`", reason
    for place, reason in sorted(card.unreachable.items()):
        yield f"`{place}`", reason


def _mutants(line: Any) -> dict[str, Any]:
    return {**vars(line), "survived": len(line.survivors)}


def _matrix(card: Card) -> Iterator[dict[str, Any]]:
    of = sum(line.killed + len(line.survivors) for line in card.mutants)
    for suite in dict.fromkeys(name for line in card.mutants for name in line.noticed):
        noticed = sum(line.noticed.get(suite, 0) for line in card.mutants)
        shown, looks_at = _SUITES.get(suite, suite), _LOOKS_AT.get(suite, "states")
        yield {"suite": shown, "looks_at": looks_at, "noticed": f"{noticed:,}", "of": f"{of:,}"}
