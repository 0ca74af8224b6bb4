"""Report: what is said of proofs: a table, counterexamples to induction, what was not run, a last line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console

from pcpdrain.codegen.graph import Value
from pcpdrain.codegen.ir.proof import Failure
from pcpdrain.codegen.pipeline import compile_source

from ..show import console
from ..words import Teller, value_text
from .jobs import ENGINES, Attempt

HEADING = "proofs by induction, for runs of every length"

NOT_INDUCTIVE = "not reachable, perhaps: strengthen the invariant"
"""What a counterexample to induction is, as against one to a property."""

_SHOWN = 3
"""Counterexamples of one variant at one scope; more hardly help, and come back once these are mended."""

_COLUMN = 18

Group = tuple[str, str]
"""A variant and a scope."""


def by_group(attempts: Iterable[Attempt]) -> dict[Group, list[Attempt]]:
    """The attempts at each variant and scope."""
    groups: dict[Group, list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault((attempt.job.variant, attempt.job.scope.name), []).append(attempt)
    return groups


def proved(attempts: Sequence[Attempt]) -> bool:
    """Whether an engine proves everything that is asked of a variant at a scope, and none says otherwise."""
    outcomes = {attempt.outcome for attempt in attempts} - {"not_run"}
    return outcomes == {"proved"}


def succeeded(attempts: Iterable[Attempt]) -> bool:
    """Whether all is proved."""
    return all(map(proved, by_group(attempts).values()))


def print_proofs(attempts: Sequence[Attempt]) -> None:
    """Print the table, the failures, what was not run, and a summary."""
    out = console()
    groups = by_group(attempts)
    engines = [name for name in ENGINES if any(attempt.job.engine == name for attempt in attempts)]
    out.print(HEADING, style="bold underline")
    head = "".join(name.ljust(_COLUMN) for name in engines)
    out.print(f"{'':22}{'obligations':>12}  {head}".rstrip(), style="bold", soft_wrap=True)
    before = ""
    for (variant, scope), found in groups.items():
        if variant != before:
            out.print(variant, style="bold")
        before = variant
        counts = [a.obligations for a in found if a.job.engine == "z3" and a.obligations]
        cells = "".join(_cell(attempt).ljust(_COLUMN) for attempt in found)
        style = None if proved(found) else "bold red"
        shown = f"{counts[0]:,}" if counts else "-"
        out.print(f" {scope:21}{shown:>12}  {cells}".rstrip(), style=style, soft_wrap=True)
    for found in groups.values():
        _print_failures(out, found)
    out.print()
    for line in [*_cached(attempts), *_not_decided(attempts), _summary(groups)]:
        out.print(line, soft_wrap=not out.is_terminal)


def _cell(attempt: Attempt) -> str:
    words = attempt.outcome.replace("_", " ")
    took = f" {attempt.seconds:.1f} s" if attempt.seconds is not None else ""
    return words + took + (" !" if attempt.outcome in ("not_proved", "unknown") else "")


def _print_failures(out: Console, found: Sequence[Attempt]) -> None:
    """The failures of the first engine that has any; others would show the same, or say less."""
    attempt = next((attempt for attempt in found if attempt.failures), None)
    if attempt is None:
        return
    job = attempt.job
    missing = ", ".join(name for name in job.properties if name not in attempt.proved)
    out.print()
    out.print(f"{job.variant}, scope {job.scope.name}: not proved: {missing}", style="bold", soft_wrap=True)
    firsts = _one_for_each_clause(attempt.failures)
    for failure in firsts[:_SHOWN]:
        for line in told(failure, attempt):
            out.print(line, soft_wrap=True)
    if len(firsts) > _SHOWN:
        out.print(f"  and {len(firsts) - _SHOWN} more clauses that some step breaks")


def _one_for_each_clause(failures: Iterable[Failure]) -> list[Failure]:
    """The first failure of each clause, and of each conjunct that the compiler has added."""
    firsts: dict[object, Failure] = {}
    for failure in failures:
        firsts.setdefault(failure.broken.span or failure.broken.name, failure)
    return list(firsts.values())


def told(failure: Failure, attempt: Attempt) -> Iterator[str]:
    """A failure in words: which conjunct, where it is written, the states, and what to do."""
    program = compile_source(attempt.job.source).program
    teller = Teller(program, attempt.job.scope.drainers)
    name = _broken(failure)
    if failure.kind == "initiation":
        yield f"  false at the start: {name}"
        return
    if failure.kind == "property":
        yield f"  too weak: all conjuncts hold in this state, and {name} does not"
        yield from _state(failure.before)
        yield f"    {NOT_INDUCTIVE}"
        return
    cpu = teller.cpu(failure.label, failure.before)
    place = teller.place(failure.label)
    where = f" ({Path(place[0]).name}:{place[1]})" if place is not None else ""
    event = teller.event(failure.label, failure.before)
    yield f"  CPU {cpu}: {event}{where}, {failure.label}"
    yield from _wrapped("breaks", [name])
    yield from _state(failure.before)
    changes = [line for key in failure.before for line in _changes(key, failure)]
    yield from _wrapped("after", changes)
    if failure.kind == "reached":
        yield f"    reached {failure.steps} steps from the start: the claim is wrong"
    else:
        yield f"    {NOT_INDUCTIVE}"


def _broken(failure: Failure) -> str:
    broken = failure.broken
    if broken.span is None:
        by = "" if failure.kind == "property" else ", added by the compiler"
        return f"{broken.name}{by}: {broken.about}"
    place = f"{Path(broken.span.source.name).name}:{broken.span.line}"
    return f"{broken.name} ({place}, {broken.about}): {' '.join(broken.span.text.split())}"


def _state(state: dict[str, Value]) -> Iterator[str]:
    parts = [part for key, value in state.items() for part in _parts(key, value) if not _plain(part[1])]
    yield from _wrapped("before", [f"{name} = {value_text(value)}" for name, value in parts])


def _changes(key: str, failure: Failure) -> Iterator[str]:
    after = failure.after or failure.before
    pairs = zip(_parts(key, failure.before[key]), _parts(key, after[key]), strict=True)
    for (name, old), (_, new) in pairs:
        if old != new:
            yield f"{name} = {value_text(new)}"


def _parts(name: str, value: Value) -> Iterator[tuple[str, Value]]:
    """A variable's elements, by name."""
    if isinstance(value, tuple):
        for index, part in enumerate(value):
            yield from _parts(f"{name}[{index}]", part)
    else:
        yield name, value


def _plain(value: Value) -> bool:
    """What need not be said: nothing, nobody, no pages, none; and that something is as it mostly is."""
    return value in (-1, False, "idle") or value == frozenset() or value is True


def _wrapped(head: str, parts: Sequence[str]) -> list[str]:
    text = ", ".join(parts) or "nothing"
    indent = " " * 11
    return textwrap.wrap(text, 100, initial_indent=f"    {head:6} ", subsequent_indent=indent) or []


def _cached(attempts: Sequence[Attempt]) -> Iterator[str]:
    answered = [attempt for attempt in attempts if not attempt.reason]
    cached = sum(attempt.cached for attempt in answered)
    if cached:
        yield f"{cached} of {len(answered)} answers came from the cache of runs"


def _not_decided(attempts: Iterable[Attempt]) -> Iterator[str]:
    """Each reason once, with how often it was the reason."""
    reasons: dict[tuple[str, str, str], int] = {}
    for attempt in attempts:
        if attempt.reason:
            key = attempt.job.engine, attempt.outcome.replace("_", " "), attempt.reason
            reasons[key] = reasons.get(key, 0) + 1
    for (engine, outcome, reason), count in reasons.items():
        yield f"{engine}: {count} {outcome} ({reason})"


def _summary(groups: dict[Group, list[Attempt]]) -> str:
    disagree = [
        f"{variant} at {scope}"
        for (variant, scope), found in groups.items()
        if {"proved", "not_proved"} <= {attempt.outcome for attempt in found}
    ]
    said = f"; the engines disagree about {', '.join(disagree)}" if disagree else ""
    return f"{sum(map(proved, groups.values()))} of {len(groups)} proofs found{said}"
