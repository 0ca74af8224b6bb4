"""Report: what `pcpdrain check` prints, from the table to the last line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.properties import PROPERTIES

from .buddy import ROW as BUDDY
from .check import unmet
from .chosen import is_broken
from .results import Finding, trace_file
from .show import console, counterexample, results_table
from .vacuity import Vacuity

BROKEN_HEADING = "broken on purpose"
VIOLATORS_HEADING = "who violates what"
STEPS_HEADING = "steps taken"
PREMISES_HEADING = "where premises are reached"
BUDDY_HEADING = "the buddy allocator"


def succeeded(findings: Sequence[Finding], judged: Vacuity) -> bool:
    """Whether every expectation is met, every check has a verdict, and none is vacuous."""
    return not unmet(findings) and all(finding.decided for finding in findings) and judged.well


def print_report(
    findings: Sequence[Finding],
    judged: Vacuity,
    programs: Mapping[str, Program],
    results: Path,
    *,
    brief: bool = False,
    notes: Sequence[str] = (),
) -> None:
    """Print the tables, the counterexamples, what has no verdict, what is not as expected, and a summary.

    A `brief` report shows no counterexample to what is expected to be violated, and says where they are.
    `notes` are what else there is to tell.
    """
    out = console()
    whole = not out.is_terminal  # where lines may be searched, they are not broken
    _print_tables(out, findings, programs)
    hidden = 0
    for finding in findings:
        if brief and finding.trace is not None and finding.expected == finding.found:
            hidden += 1
        elif finding.trace is not None:
            out.print()
            out.print(counterexample(finding.trace, programs[finding.variant]))
            out.print(f"again: pcpdrain replay {trace_file(results, finding)}", style="dim", soft_wrap=True)
    if judged.never_violated is not None:
        _print_violators(out, judged, programs)
        _print_seen(out, judged)
    out.print()
    if hidden:
        where = "`pcpdrain check VARIANT` shows them, docs/review.md explains the ones of the review"
        out.print(f"{hidden} violations are expected; {where}", soft_wrap=whole)
    for line in [
        *remembered(findings),
        *notes,
        *without_verdict(findings),
        *judged.lines(),
        *map(_not_as_expected, unmet(findings)),
        _summary(findings, results),
    ]:
        out.print(line, soft_wrap=whole)


def _print_tables(out: Console, findings: Sequence[Finding], programs: Mapping[str, Program]) -> None:
    """The variants; under headings of their own those that are broken on purpose, and the buddy allocator."""
    broken = {name for name, program in programs.items() if is_broken(program.source)}
    parts = {
        "": [finding for finding in findings if finding.variant not in {*broken, BUDDY}],
        BROKEN_HEADING: [finding for finding in findings if finding.variant in broken],
        BUDDY_HEADING: [finding for finding in findings if finding.variant == BUDDY],
    }
    printed = False
    for heading, rows in parts.items():
        if rows:
            if printed:
                out.print()
            if heading:
                out.print(heading, style="bold underline")
            out.print(results_table(rows), soft_wrap=True)
            printed = True


def _print_violators(out: Console, judged: Vacuity, programs: Mapping[str, Program]) -> None:
    """For each property who violates it: the proof that it can fail. First those that were made for that."""
    out.print()
    out.print(VIOLATORS_HEADING, style="bold underline")
    width = max(map(len, PROPERTIES))
    for name in PROPERTIES:
        variants = dict.fromkeys(variant for variant, _ in judged.violated_by.get(name, ()))
        listed = sorted(variants, key=lambda variant: not is_broken(programs[variant].source))
        who = []
        for variant in listed:
            cause = judged.follows(name, variant) if is_broken(programs[variant].source) else ""
            who.append(f"{variant} (follows from {cause})" if cause else variant)
        _print_wrapped(out, name, width, ", ".join(who) or "nobody")


def _print_seen(out: Console, judged: Vacuity) -> None:
    """That the verdicts say something: the steps taken, by scope, and where premises were reached."""
    out.print()
    out.print(STEPS_HEADING, style="bold underline")
    width = max(map(len, judged.steps), default=0)
    for variant, (possible, scopes) in judged.steps.items():
        total = sum(count for _, count in scopes)
        more = [f"{scope} {'+' if number else ''}{count}" for number, (scope, count) in enumerate(scopes)]
        _print_wrapped(out, variant, width, f"{total} of {possible}: {', '.join(more)}")
    out.print()
    out.print(PREMISES_HEADING, style="bold underline")
    width = max(map(len, PROPERTIES))
    for name in PROPERTIES:
        places = judged.premises.get(name, ())
        first = f"{places[0][0]} at {places[0][1]}" if places else "nowhere"
        others = f", and by {len(places) - 1} other variants" if len(places) > 1 else ""
        _print_wrapped(out, name, width, first + others)


def _print_wrapped(out: Console, name: str, width: int, text: str) -> None:
    indent = " " * (width + 1)
    out.print(textwrap.fill(text, out.width, initial_indent=f"{name:{width}} ", subsequent_indent=indent))


def without_verdict(findings: Iterable[Finding]) -> list[str]:
    """What has no verdict, by reason: one line for the reason, one for each variant and scope."""
    reasons: dict[tuple[str, str], dict[tuple[str, str], list[str]]] = {}
    for finding in findings:
        if not finding.decided:
            key = finding.found.replace("_", " "), finding.reason or "no reason given"
            reasons.setdefault(key, {}).setdefault((finding.variant, finding.scope), []).append(
                finding.property
            )
    lines = []
    for (found, reason), places in reasons.items():
        lines.append(f"{found}: {reason}")
        lines += [f"  {variant}, {scope}: {', '.join(names)}" for (variant, scope), names in places.items()]
    return lines


def remembered(findings: Sequence[Finding]) -> list[str]:
    """How many of the findings come from runs that were made at another time."""
    kept = sum(finding.cached for finding in findings)
    return [f"{kept} of {len(findings)} verdicts came from the cache of runs"] if kept else []


def _not_as_expected(finding: Finding) -> str:
    found = finding.found.replace("_", " ")
    place = f"{finding.variant}, {finding.scope}: {finding.property}"
    return f"not as expected: {place} {finding.expected} expected, {found} found"


def _summary(findings: Sequence[Finding], results: Path) -> str:
    expected = [finding for finding in findings if finding.expected is not None]
    met = sum(finding.met for finding in expected)
    undecided = sum(not finding.decided for finding in findings)
    without = f", {undecided} checks without a verdict" if undecided else ""
    return f"{met} of {len(expected)} expectations met{without}; results in {results}"
