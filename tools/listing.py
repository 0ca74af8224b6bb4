"""Listing: the source with a mark at each step and the context there, then the library routines it uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from rich.text import Text

from pcpdrain.codegen.ast import Library
from pcpdrain.codegen.ir.expr import OnlineMask, PcpCount, StaticMask
from pcpdrain.codegen.ir.steps import Program, Step
from pcpdrain.codegen.source import Source

NO_LIMIT = 10_000
"""The width of what is no terminal: no line is so long."""

_IPI = "IPI"
"""Marks the steps of a handler that another CPU called."""

Marked = dict[int, list[tuple[str, Step]]]
"""The steps of each line, in the order of the program, with who does them."""


def annotated_source(program: Program, libraries: Iterable[Library], width: int) -> Iterator[Text]:
    """The variant, whole, and the library routines in which it has steps; wrapped at `width` columns."""
    marked: dict[str, Marked] = {program.source.name: {}}
    for who, machine in (("", program.task), (_IPI, program.handler)):
        for step in machine.steps.values() if machine else ():
            lines = marked.setdefault(step.span.source.name, {})
            lines.setdefault(step.span.line, []).append((who, step))
    whole = range(1, program.source.line_count + 1)
    yield _Sheet(program.source, marked[program.source.name], width).text(whole)
    for library in libraries:
        steps = marked.get(library.source.name)
        if steps and library.source.name != program.source.name:
            yield _Sheet(library.source, steps, width).text(_lines_of_routines(library, steps))


def _lines_of_routines(library: Library, steps: Marked) -> list[int]:
    """The lines of all routines in which there are steps; what stands outside of routines is left out."""
    lines: set[int] = set()
    for routine in library.routines:
        last = library.source.line_col(routine.span.end)[0]
        whole = range(routine.span.line, last + 1)
        if any(line in whole for line in steps):
            lines.update(whole)
    return sorted(lines)


class _Sheet:
    """The lines of one source, beside what holds at their steps."""

    def __init__(self, source: Source, steps: Marked, width: int) -> None:
        self._source, self._steps, self._width = source, steps, width
        held = [", ".join(sorted(step.context.locks)) for rows in steps.values() for _, step in rows]
        self._locks = max([len("locks"), *map(len, held)]) if any(held) else 0

    def text(self, lines: Iterable[int]) -> Text:
        """These lines, with a gap where some are left out."""
        found = [
            Text(self._source.name, style="bold"),
            Text(self._row("line", "", "irqs", "preempt", "locks", "source"), style="bold"),
        ]
        before = 0
        for line in lines:
            if before and line > before + 1:
                found.append(Text())
            before = line
            found.extend(self._line(line))
        return Text("\n").join(found)

    def _line(self, number: int) -> Iterator[Text]:
        """One line. A single step of a task is the line itself.

        Several are listed below it, and so is what a handler does there.
        """
        rows = self._steps.get(number, [])
        code = self._source.line_text(number).expandtabs()
        indent = " " * (len(code) - len(code.lstrip()))
        single = rows[:1] if rows and [who for who, _ in rows[1:2]] != [rows[0][0]] else []
        context = self._context(*single[0]) if single else ("", "", "", "")
        room = max(self._width - len(self._row("", "", "", "", "", ".")) + 1, len(indent) + 20)
        parts = wrap(code, room, subsequent_indent=f"{indent}        ", break_on_hyphens=False) or [""]
        yield Text(self._row(str(number), *context, parts[0]))
        for part in parts[1:]:
            yield Text(self._row("", "", "", "", "", part))
        for who, step in rows[len(single) :]:
            yield Text(self._row("", *self._context(who, step), f"{indent}└ {_part(who, step)}"))

    def _context(self, who: str, step: Step) -> tuple[str, str, str, str]:
        """What holds when the step begins; a handler does not know whom it interrupted."""
        context = step.context
        preempt = "-" if who else "off" if context.preempt else "on"
        return "●", "off" if context.irqs_off else "on", preempt, ", ".join(sorted(context.locks)) or "-"

    def _row(self, line: str, mark: str, irqs: str, preempt: str, locks: str, code: str) -> str:
        held = f"{locks:<{self._locks}} " if self._locks else ""
        return f"{line:>4} {mark:1} {irqs:4} {preempt:7} {held}{code}".rstrip()


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
