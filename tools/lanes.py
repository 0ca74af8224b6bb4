"""Lanes: a timeline as text, one column for each CPU, with nesting, arrows and the step that decides."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console, ConsoleOptions
from rich.text import Text

from .timeline import Edge, Row, Timeline

_SIGNS: dict[Edge, str] = {"": " ", "opens": "┌", "runs": "│", "closes": "└"}

Gutter = tuple[bool, bool]
"""Whether a lane has a column for calls, and one for handlers."""

_EFFECTS = 18
"""Columns that are left for the effects; lanes that are too wide for that are folded."""

_NARROWEST = 8
"""Columns of a lane into which the longest word of an event is broken, if it must be."""

DECIDES = "!"
"""Marks the step that decides."""


class Lanes:
    """Renders a timeline at any width; `decisive` is the number of the step that is marked, from 1.

    `source` is the file of the variant, whose lines are told without its name.
    """

    def __init__(self, timeline: Timeline, source: str, decisive: int | None = None) -> None:
        self._timeline, self._source, self._decisive = timeline, source, decisive
        self._files: dict[str, str] = {}

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """The lines, for rich."""
        yield from self.lines(options.max_width)

    def lines(self, width: int) -> Iterator[Text]:
        """The head, a row for each step (of several lines, if it must be), and what the marks mean."""
        rows = [*self._timeline.rows, *self._timeline.following]
        gutters = _gutters(rows, len(self._timeline.lanes))
        numbers = [self._number(index) for index in range(len(rows))]
        places = [self._place(row) for row in rows]
        first = max(map(len, numbers), default=1)
        line = max(map(len, ["line", *places]))
        room = width - first - line - 2
        widths = self._widths(rows, gutters, room - _EFFECTS)
        rest = max(room - sum(widths), _EFFECTS)
        heads = zip(self._heads(gutters), widths, strict=True)
        head = [name.ljust(size)[: size - 1] + " " for name, size in heads]
        effects = "reads (is), changes (=)" if rest >= 23 else "reads, changes"
        yield Text(f"{'':{first}} {''.join(head)}{'line':{line}} {effects}", "bold")
        for index, row in enumerate(rows):
            decides = index + 1 == self._decisive
            last = index + 1 >= len(self._timeline.rows)
            cells = [_cell(row, cpu, gutters[cpu], size) for cpu, size in enumerate(widths)]
            changes = [*(["for ever from here"] if self._timeline.loop == index else []), *row.effects]
            told = [part for effect in changes for part in textwrap.wrap(effect, rest) or [""]]
            height = max(len(told), *map(len, cells))
            for part in range(height):
                middle = "".join(
                    cell[part]
                    if part < len(cell)
                    else _gutter(row, cpu, gutters[cpu], first=False).ljust(size)
                    for cpu, (cell, size) in enumerate(zip(cells, widths, strict=True))
                )
                left = numbers[index] if part == 0 else ""
                place = places[index] if part == 0 else ""
                effect = told[part] if part < len(told) else ""
                style = "bold yellow" if decides else "bold" if last else ""
                text = Text(f"{left:>{first}} {middle}{place:{line}} {effect}".rstrip(), style)
                if not style:
                    text.stylize("dim", 0, first)
                    text.stylize("dim", first + 1 + len(middle), first + 1 + len(middle) + line)
                yield text
        yield from self._legend()

    def _number(self, index: int) -> str:
        """The number of a step, from 1, with room for the mark where a step decides."""
        if index >= len(self._timeline.rows):
            return "next"
        mark = (DECIDES if index + 1 == self._decisive else " ") if self._decisive else ""
        return f"{index + 1}{mark}"

    def _heads(self, gutters: Sequence[Gutter]) -> list[str]:
        lanes = zip(self._timeline.lanes, gutters, strict=True)
        return [" " * (sum(gutter) + any(gutter)) + name for name, gutter in lanes]

    def _widths(self, rows: Sequence[Row], gutters: Sequence[Gutter], room: int) -> list[int]:
        """The columns of each lane; where there is not enough room, the widest lanes give way."""
        widths = [len(name) + 1 for name in self._heads(gutters)]
        for row in rows:
            gutter = _gutter(row, row.cpu, gutters[row.cpu])
            widths[row.cpu] = max(widths[row.cpu], len(gutter) + len(row.event) + 1)
        while sum(widths) > room and max(widths) > _NARROWEST:
            widths[widths.index(max(widths))] -= 1
        return widths

    def _place(self, row: Row) -> str:
        if row.place is None:
            return ""
        name, line = row.place
        short = "" if name == self._source else Path(name).stem
        self._files.setdefault(short, Path(name).name)
        return f"{short}:{line}"

    def _legend(self) -> Iterator[Text]:
        files = ", ".join(f"{short}:N is a line of {name}" for short, name in sorted(self._files.items()))
        marks = f"{DECIDES} marks the step that decides" if self._decisive else ""
        told = "; ".join(part for part in (files, marks) if part)
        if told:
            yield Text(told, style="dim")


def _gutters(rows: Sequence[Row], cpus: int) -> list[Gutter]:
    """For each lane, whether calls and handlers need a column there."""
    return [
        (any(row.call[cpu] for row in rows), any(row.handler[cpu] for row in rows)) for cpu in range(cpus)
    ]


def _gutter(row: Row, cpu: int, gutter: Gutter, *, first: bool = True) -> str:
    """The signs of the call and of the handler that are under way on a CPU; below a first line they go on."""

    def sign(edge: Edge) -> str:
        if first:
            return _SIGNS[edge]
        return " " if edge in ("", "closes") else "│"

    edges = zip(gutter, (row.call[cpu], row.handler[cpu]), strict=True)
    return "".join(sign(edge) for shown, edge in edges if shown) + " " * any(gutter)


def _cell(row: Row, cpu: int, columns: Gutter, width: int) -> list[str]:
    """A CPU's part of a row, each line as wide as the lane: what happens there, or an arrow that passes."""
    gutter = _gutter(row, cpu, columns)
    below = _gutter(row, cpu, columns, first=False)
    text = row.event if cpu == row.cpu else ""
    parts = textwrap.wrap(text, width - len(gutter) - 1, break_long_words=True) or [""]
    lines = [f"{gutter if number == 0 else below}{part}".ljust(width) for number, part in enumerate(parts)]
    for arrow in row.arrows:
        if min(arrow.source, arrow.target) <= cpu <= max(arrow.source, arrow.target):
            lines[0] = _drawn(lines[0], gutter, cpu, arrow.source, arrow.target)
    return lines


def _drawn(line: str, gutter: str, cpu: int, source: int, target: int) -> str:
    """A cell with the part of an arrow that is in it."""
    used, width = len(line.rstrip()), len(line)
    if cpu == target:
        if source < target:
            return f"{'─' * (len(gutter) - 1)}▶{line[max(len(gutter), 1) :]}"
        return f"{gutter}◀{'─' * (width - len(gutter) - 1)}"
    if cpu == source:
        if source < target:
            return f"{line[:used]} {'─' * (width - used - 1)}"
        return line
    return "─" * width
