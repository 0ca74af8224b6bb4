"""Bounded report: what `pcpdrain check --engine apalache` prints, from the table to the last line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.properties import PROPERTIES

from .planning import Job
from .report import remembered, without_verdict
from .results import Finding, trace_file
from .show import console, counterexample, results_table


def succeeded(findings: Sequence[Finding]) -> bool:
    """Whether something was run, all of it to its end, and nothing contradicts an expectation."""
    ended = all(finding.found in ("bounded", "violated") for finding in findings)
    return bool(findings) and ended and not any(finding.contradicted for finding in findings)


def print_bounded(
    findings: Sequence[Finding],
    jobs: Sequence[Job],
    programs: Mapping[str, Program],
    results: Path,
    cached: Sequence[str] = (),
) -> None:
    """Print the table, the counterexamples, what has no answer or contradicts, and a summary.

    `cached` is what the cache of runs has to tell.
    """
    out = console()
    whole = not out.is_terminal  # where lines may be searched, they are not broken
    if findings:
        out.print(results_table(findings), soft_wrap=True)
    for finding in findings:
        if finding.trace is not None and finding.found == "violated":
            out.print()
            out.print(counterexample(finding.trace, programs[finding.variant]))
            out.print(f"again: pcpdrain replay {trace_file(results, finding)}", style="dim", soft_wrap=True)
    out.print()
    for line in [
        *without_verdict(finding for finding in findings if finding.found != "bounded"),
        *_temporal(jobs),
        *remembered(findings),
        *cached,
        *(_contradiction(finding) for finding in findings if finding.contradicted),
        _summary(findings, results),
    ]:
        out.print(line, soft_wrap=whole)


def not_run(jobs: Sequence[Job], bound: int, reason: str) -> str:
    """One line: which obligations of Apalache were not run, and why."""
    variants = len({job.compiled.program.name for job in jobs})
    scopes = ", ".join(dict.fromkeys(job.scope.name for job in jobs))
    wanted = {name for job in jobs for name in job.properties}
    names = ", ".join(name for name in PROPERTIES if name in wanted and not PROPERTIES[name].temporal)
    what = f"types of {_some(variants, 'variant')} at {scopes}; there {names} up to {_some(bound, 'step')}"
    return f"apalache: not run ({what}): {reason}"


def _some(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _temporal(jobs: Sequence[Job]) -> list[str]:
    names = dict.fromkeys(name for job in jobs for name in job.properties if PROPERTIES[name].temporal)
    return [f"not run: {name}: Apalache knows no fairness; TLC decides it" for name in names]


def _contradiction(finding: Finding) -> str:
    place = f"{finding.variant}, {finding.scope}: {finding.property}"
    return f"not as expected: {place} {finding.expected} expected, {finding.found} found"


def _summary(findings: Sequence[Finding], results: Path) -> str:
    bounded = [finding for finding in findings if finding.found == "bounded"]
    parts = (
        [f"{len(bounded)} of {len(findings)} without an error up to {_some(bounded[0].bound or 0, 'step')}"]
        if bounded
        else []
    )
    parts += [
        f"{number} {what}"
        for what in ("violated", "unknown")
        if (number := sum(finding.found == what for finding in findings))
    ]
    note = " (no error is not `holds`: only TLC has seen all states)" if bounded else ""
    return f"{', '.join(parts) or 'nothing was run'}{note}; results in {results}"
