"""Listing: the source with a mark at each step and the context there, then the library routines that it uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from pcpdrain.codegen.ast import Library
from pcpdrain.codegen.ir.expr import OnlineMask, PcpCount, StaticMask
from pcpdrain.codegen.ir.steps import Program, Step
from pcpdrain.codegen.source import Source

_IPI = "IPI"
"""Marks the steps of a handler that another CPU called."""

Marked = dict[int, list[tuple[str, Step]]]
"""The steps of each line, in the order of the program, with who does them."""


def annotated_source(program: Program, libraries: Iterable[Library]) -> Iterator[Table]:
    """One table for the variant, whole, and one for each library file with the routines in which it has steps."""
    marked: dict[str, Marked] = {program.source.name: {}}
    for who, machine in (("", program.task), (_IPI, program.handler)):
        for step in machine.steps.values() if machine else ():
            lines = marked.setdefault(step.span.source.name, {})
            lines.setdefault(step.span.line, []).append((who, step))
    yield _table(program.source, marked[program.source.name], range(1, program.source.line_count + 1))
    for library in libraries:
        steps = marked.get(library.source.name)
        if steps and library.source.name != program.source.name:
            yield _table(library.source, steps, _lines_of_routines(library, steps))


def _lines_of_routines(library: Library, steps: Marked) -> list[int]:
    """The lines of all routines in which there are steps; what stands outside of routines is left out."""
    lines: set[int] = set()
    for routine in library.routines:
        last = library.source.line_col(routine.span.end)[0]
        whole = range(routine.span.line, last + 1)
        if any(line in whole for line in steps):
            lines.update(whole)
    return sorted(lines)


def _table(source: Source, steps: Marked, shown: Iterable[int]) -> Table:
    locks = any(step.context.locks for rows in steps.values() for _, step in rows)
    table = Table(box=None, pad_edge=False, header_style="bold", title=source.name, title_justify="left", title_style="bold")
    table.add_column("line", justify="right", style="dim", no_wrap=True)
    table.add_column("", no_wrap=True)
    for name in ("irqs", "preempt", *(["locks"] if locks else [])):
        table.add_column(name, no_wrap=True)
    table.add_column("source", overflow="fold")
    before = 0
    for line in shown:
        if before and line > before + 1:
            table.add_row()
        before = line
        rows = steps.get(line, [])
        text = Text(source.line_text(line).expandtabs())
        indent = " " * (len(text.plain) - len(text.plain.lstrip()))
        # One step of a task is the line itself; several are listed below it, and so is what a handler does there.
        single = rows[:1] if rows and [who for who, _ in rows[1:2]] != [rows[0][0]] else []
        mark = ["●", *_context(*single[0], locks)] if single else [""] * (3 + locks)
        table.add_row(str(line), *mark, text)
        for who, step in rows[len(single) :]:
            table.add_row("", "●", *_context(who, step, locks), Text(f"{indent}└ {_part(who, step)}", style="dim"))
    return table


def _context(who: str, step: Step, locks: bool) -> list[str]:
    """What holds when the step begins; of a handler that interrupts somebody, nobody can know preemption and locks."""
    context = step.context
    cells = ["off" if context.irqs_off else "on", "-" if who else "off" if context.preempt else "on"]
    return [*cells, ", ".join(sorted(context.locks)) or "-"] if locks else cells


def _part(who: str, step: Step) -> str:
    """What one of several steps of a line is."""
    if who:
        return "as a handler that another CPU called"
    match step.access.target if step.access else None:
        case StaticMask(shown=name) | OnlineMask(shown=name):
            return f"reads {name}"
        case PcpCount():
            return "reads a count"
    return step.name.rpartition(".")[2]
