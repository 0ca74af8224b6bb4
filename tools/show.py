"""Show: results, counterexamples and steps in a terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from pcpdrain.codegen.ir.steps import Machine, Program, Step
from pcpdrain.codegen.source import Source

from .results import Finding
from .traces import Trace
from .words import actor_cpu, changes, event, guilt, place

_COLOUR = {"holds": "green", "violated": "yellow", "unknown": "red", "not_run": "red"}


def results_table(findings: Sequence[Finding]) -> Table:
    """One row for each finding, grouped by variant and scope; what is not as expected stands out."""
    table = Table(box=None, pad_edge=False, header_style="bold", collapse_padding=True)
    for name in ("scope", "property", "expected", "found", "engine"):
        table.add_column(name, no_wrap=True)
    table.add_column("states", justify="right")
    table.add_column("time", justify="right")
    previous: tuple[str, str] = ("", "")
    for finding in findings:
        group = finding.variant, finding.scope
        if group[0] != previous[0]:
            table.add_row(Text(finding.variant, style="bold"), end_section=False)
        found = finding.found.replace("_", " ") + ("" if finding.met else " !")
        table.add_row(
            f"  {finding.scope}" if group != previous else "",
            finding.property,
            finding.expected or "-",
            Text(found, style=_COLOUR[finding.found] if finding.met else "bold red"),
            finding.engine or "-",
            f"{finding.states:,}" if finding.states is not None else "-",
            f"{finding.seconds:.1f} s" if finding.seconds is not None else "-",
        )
        previous = group
    return table


def counterexample(trace: Trace, program: Program) -> Group:
    """A trace as lanes: one column for each CPU, one row for each step, with the line it comes from and what it changed."""
    table = Table(box=None, pad_edge=False, header_style="bold", collapse_padding=True)
    table.add_column("", justify="right", style="dim")
    for cpu in range(trace.scope.cpus):
        table.add_column(f"CPU {cpu}", overflow="fold")
    table.add_column("line", style="dim", no_wrap=True)
    table.add_column("changes", overflow="fold")
    for number, label in enumerate(trace.labels, 1):
        cells = [""] * trace.scope.cpus
        cells[actor_cpu(label, trace.scope.drainers)] = event(label)
        last = number == len(trace.labels)
        table.add_row(
            str(number),
            *cells,
            _line(program, label),
            "\n".join(changes(trace.states[number - 1], trace.states[number])),
            style="bold" if last else None,
        )
    title = f"{trace.variant}, scope {trace.scope.name}: {trace.property} is violated in {len(trace.labels)} steps"
    files = sorted({found[0] for label in trace.labels if (found := place(program, label))})
    lines = Text("lines of " + ", ".join(f"{_short(name)} {Path(name).name}" for name in files), style="dim")
    return Group(Rule(title, align="left"), table, Text(guilt(trace), style="bold"), lines)


def _line(program: Program, label: str) -> str:
    found = place(program, label)
    return "" if found is None else f"{_short(found[0])}:{found[1]}"


def _short(name: str) -> str:
    """A short name of a file for the line column; spelled out below the table."""
    stem = Path(name).stem
    return stem if len(stem) <= 4 else "".join(part[0] for part in stem.split("_"))


def annotated_source(program: Program) -> list[Table]:
    """The source with a mark at each step and the context there, then the library routines that it uses."""
    by_source: dict[str, tuple[Source, dict[int, list[tuple[str, Step]]]]] = {}
    machines: list[tuple[str, Machine | None]] = [("", program.task), ("IPI ", program.handler)]
    by_source[program.source.name] = (program.source, {})
    for who, machine in machines:
        for step in machine.steps.values() if machine else ():
            source = step.span.source
            lines = by_source.setdefault(source.name, (source, {}))[1]
            lines.setdefault(step.span.line, []).append((who, step))
    tables = []
    for source, steps in by_source.values():
        whole = source is program.source
        shown = range(1, source.line_count + 1) if whole else sorted(steps)
        tables.append(_source_table(source, steps, shown))
    return tables


def _source_table(source: Source, steps: dict[int, list[tuple[str, Step]]], shown: Sequence[int]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title=source.name, title_justify="left")
    table.add_column("", justify="right", style="dim")
    table.add_column("", no_wrap=True)
    table.add_column("source", no_wrap=True, overflow="ellipsis")
    table.add_column("step", no_wrap=True)
    table.add_column("irqs", no_wrap=True)
    table.add_column("preemption", no_wrap=True)
    table.add_column("locks", no_wrap=True)
    for line in shown:
        rows = steps.get(line, [])
        table.add_row(str(line), "●" if rows else "", Text(source.line_text(line)), *_context(rows[:1]))
        for row in rows[1:]:
            table.add_row("", "●", "", *_context([row]))
    return table


def _context(rows: Sequence[tuple[str, Step]]) -> list[str]:
    if not rows:
        return []
    who, step = rows[0]
    context = step.context
    return [
        f"{who}{step.name.rpartition('.')[2]}",
        "off" if context.irqs_off else "on",
        "off" if context.preempt else "on",
        ", ".join(sorted(context.locks)) or "-",
    ]


def console(*, stderr: bool = False) -> Console:
    """A console that uses colour only where it may, and at least 80 columns where the output is no terminal."""
    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made.width = max(made.width, 100)
    return made
