"""Show: results and counterexamples in a terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.text import Text

from pcpdrain.codegen.ir.steps import Program

from .blame import Blame, blame
from .lanes import Lanes
from .sentences import guilt
from .timeline import timeline

if TYPE_CHECKING:
    from .results import Finding
    from .traces import Trace

_COLOUR = {"holds": "green", "violated": "yellow", "bounded": "cyan", "unknown": "red", "not_run": "red"}
_RIGHT = ("states", "time")

OTHER_ENGINE = "apalache: not run (`pcpdrain check --engine apalache VARIANT` runs it)"


def console(*, stderr: bool = False) -> Console:
    """A console that uses colour only where it may."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def results_table(findings: Sequence[Finding]) -> Text:
    """One row for each finding, grouped by variant and scope; what is not as expected stands out.

    The names of variants and scopes have rows of their own, which may be longer than the columns.
    """
    head = ["property", "expected", "found", "engine", *_RIGHT]
    rows = [_row(finding) for finding in findings]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [Text(_line(head, widths, head), style="bold")]
    before: Finding | None = None
    for finding, row in zip(findings, rows, strict=True):
        if before is None or finding.variant != before.variant:
            lines.append(Text(finding.variant, style="bold"))
        if before is None or (finding.variant, finding.scope) != (before.variant, before.scope):
            lines.append(Text(f" {finding.scope}"))
        line = Text(_line(row, widths, head))
        start = sum(widths[:2]) + 2
        style = _COLOUR[finding.found] if _as_it_may_be(finding) else "bold red"
        line.stylize(style, start, start + len(row[2]))
        lines.append(line)
        before = finding
    return Text("\n").join(lines)


def _as_it_may_be(finding: Finding) -> bool:
    """Whether a finding is no cause for alarm; a bounded one is no verdict, so never what is expected."""
    return finding.found == "bounded" or (finding.met and finding.decided)


def _found(finding: Finding) -> str:
    if finding.found == "bounded":
        return f"no error, {finding.bound} step{'s' if finding.bound != 1 else ''}"
    return finding.found.replace("_", " ") + ("" if _as_it_may_be(finding) else " !")


def _row(finding: Finding) -> list[str]:
    return [
        f"  {finding.property}",
        finding.expected or "-",
        _found(finding),
        finding.engine or "-",
        f"{finding.states:,}" if finding.states is not None else "-",
        f"{finding.seconds:.1f} s" if finding.seconds is not None else "-",
    ]


def _line(cells: Sequence[str], widths: Sequence[int], head: Sequence[str]) -> str:
    padded = [
        cell.rjust(width) if name in _RIGHT else cell.ljust(width)
        for cell, width, name in zip(cells, widths, head, strict=True)
    ]
    return " ".join(padded).rstrip()


def counterexample(trace: Trace, program: Program) -> Group:
    """A trace under its title, as lanes, and below it what is wrong at its end, and why."""
    count = len(trace.labels)
    title = f"{trace.variant}, scope {trace.scope.name}: {trace.property} is violated in {count} steps"
    found = blame(trace, program)
    ending = [Text(guilt(trace, program), style="bold")]
    if found:
        ending.append(Text(found.text, style="bold"))
    return Group(Text(title, style="bold"), lanes(trace, program, found), *ending)


def lanes(trace: Trace, program: Program, decides: Blame | None = None) -> Lanes:
    """One column for each CPU, one row for each step: its line, what it reads and changes; then the files."""
    return Lanes(timeline(trace, program), trace.source.name, decides.step if decides else None)
