"""Show: results and counterexamples in a terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pcpdrain.codegen.ir.steps import Program

from .sentences import guilt
from .words import Teller

if TYPE_CHECKING:
    from .results import Finding
    from .traces import Trace

_COLOUR = {"holds": "green", "violated": "yellow", "bounded": "cyan", "unknown": "red", "not_run": "red"}
_RIGHT = ("states", "time")

_LANES = 54
"""Columns for the lanes of all CPUs that leave enough for the rest of a narrow terminal."""

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
    """A trace under its title, as lanes, and below it a sentence about what is wrong at its end."""
    count = len(trace.labels)
    title = f"{trace.variant}, scope {trace.scope.name}: {trace.property} is violated in {count} steps"
    return Group(Text(title, style="bold"), lanes(trace, program), Text(guilt(trace, program), style="bold"))


def lanes(trace: Trace, program: Program) -> Group:
    """One column for each CPU, one row for each step: its line, what it reads and changes; then the files.

    Where steps repeat for ever, the first of them says so.
    """
    teller = Teller(program, trace.scope.drainers, trace.property)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("", justify="right", style="dim")
    events = [teller.event(label, before) for label, before in zip(trace.labels, trace.states, strict=False)]
    widths = [len(teller.lane(cpu)) for cpu in range(trace.scope.cpus)]
    where = [teller.cpu(label, before) for label, before in zip(trace.labels, trace.states, strict=False)]
    for cpu, event in zip(where, events, strict=True):
        widths[cpu] = max(widths[cpu], len(event))
    for cpu in range(trace.scope.cpus):
        table.add_column(teller.lane(cpu), overflow="fold", no_wrap=sum(widths) <= _LANES)
    table.add_column("line", style="dim", no_wrap=True)
    table.add_column("reads (is), changes (=)", overflow="fold")
    files: dict[str, str] = {}
    for number, label in enumerate(trace.labels, 1):
        before, after = trace.states[number - 1], trace.states[number]
        cells = [""] * trace.scope.cpus
        cells[where[number - 1]] = events[number - 1]
        found = teller.place(label)
        line = ""
        if found is not None:
            short = "" if found[0] == trace.source.name else Path(found[0]).stem
            line = f"{short}:{found[1]}"
            files.setdefault(short, Path(found[0]).name)
        effects = teller.effects(label, before, after)
        if trace.loop == number - 1:
            effects.insert(0, "for ever from here")
        style = "bold" if number == len(trace.labels) else None
        table.add_row(str(number), *cells, line, "\n".join(effects), style=style)
    if trace.property == "saved_is_honest":  # it speaks of a step that is to come, so that is shown, too
        last = trace.states[-1]
        for label in teller.counting(last):
            cells = [""] * trace.scope.cpus
            cells[teller.cpu(label, last)] = teller.event(label, last)
            found = teller.place(label)
            effect = "\n".join(teller.effects(label, last, last))
            table.add_row("next", *cells, f":{found[1]}" if found else "", effect, style="bold")
    legend = ", ".join(f"{short}:N is a line of {name}" for short, name in sorted(files.items()))
    return Group(table, Text(legend, style="dim")) if legend else Group(table)
