"""Report: what `pcpdrain check` prints, from the table to the last line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pcpdrain.codegen.ir.steps import Program

from .check import unmet
from .results import Finding, trace_file
from .show import ENGINES_NOT_DRIVEN, console, counterexample, results_table


def succeeded(findings: Sequence[Finding]) -> bool:
    """Whether every expectation is met, and every check has a verdict."""
    return not unmet(findings) and all(finding.decided for finding in findings)


def print_report(findings: Sequence[Finding], programs: Mapping[str, Program], results: Path) -> None:
    """Print the table, the counterexamples, what has no verdict, what is not as expected, and a summary."""
    out = console()
    whole = not out.is_terminal  # where lines may be searched, they are not broken
    out.print(results_table(findings), soft_wrap=True)
    for finding in findings:
        if finding.trace is not None:
            out.print()
            out.print(counterexample(finding.trace, programs[finding.variant]))
            out.print(f"again: pcpdrain replay {trace_file(results, finding)}", style="dim", soft_wrap=True)
    out.print()
    out.print(ENGINES_NOT_DRIVEN, soft_wrap=whole)
    for line in [
        *_without_verdict(findings),
        *map(_not_as_expected, unmet(findings)),
        _summary(findings, results),
    ]:
        out.print(line, soft_wrap=whole)


def _without_verdict(findings: Iterable[Finding]) -> list[str]:
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
