"""Compared: what the cells of one run say of each other: equal graphs, ratios, and how far each tool came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .cells import TOOLS, Cell, Tool
from .sizes import SERIES, VARIANTS, Size

SPINS_DIGITS = 8
"""SPIN rounds larger numbers to so many digits."""


@dataclass(frozen=True)
class Ratio:
    """How much better the explorer is than another tool, at the largest graph that both finished."""

    variant: str
    size: Size
    other: Tool
    states: int
    rate: float
    """States a second of the search, as a multiple of the other's."""
    seconds: float
    """Seconds from the source, the other's as a multiple of the explorer's."""
    cpu: float
    """Seconds of CPU from the source, likewise."""
    memory: float
    """Bytes at most, likewise."""


def by_place(cells: Sequence[Cell]) -> dict[tuple[str, Size, Tool], Cell]:
    """The cells by variant, size and tool."""
    return {(cell.variant, cell.size, cell.tool): cell for cell in cells}


def ratios(cells: Sequence[Cell]) -> Iterator[Ratio]:
    """For each variant and other tool."""
    places = by_place([cell for cell in cells if cell.finished])
    for variant in VARIANTS:
        for other in TOOLS:
            both = [
                (cell, places[variant, cell.size, other])
                for cell in cells
                if cell.finished and (cell.variant, cell.tool) == (variant, "explorer")
                if other != "explorer" and (variant, cell.size, other) in places
            ]
            if both:
                yield _ratio(*max(both, key=lambda pair: pair[0].states or 0))


def _ratio(mine: Cell, others: Cell) -> Ratio:
    def times(one: float | None, two: float | None) -> float:
        return one / two if one and two else float("nan")

    return Ratio(
        mine.variant,
        mine.size,
        others.tool,
        mine.states or 0,
        times(mine.rate, others.rate),
        times(others.seconds, mine.seconds),
        times(others.cpu, mine.cpu),
        times(others.peak, mine.peak),
    )


def graphs(cells: Sequence[Cell]) -> tuple[int, list[str]]:
    """At how many places several tools have finished, and what differs there: one line each."""
    compared, different = 0, []
    for variant, size in dict.fromkeys((cell.variant, cell.size) for cell in cells):
        found = [cell for cell in cells if (cell.variant, cell.size) == (variant, size) and cell.finished]
        compared += len(found) > 1
        for name in ("outcome", "states", "transitions"):
            said = {cell.tool: getattr(cell, name) for cell in found}
            if _differ(said):
                told = ", ".join(f"{TOOLS[tool]}: {value}" for tool, value in said.items())
                different.append(f"`{variant}` at {size}, {name}: {told}")
    return compared, different


def _differ(said: Mapping[Tool, Any]) -> bool:
    """Whether the tools say different things, as far as SPIN's digits can tell."""
    if len(set(said.values())) <= 1:
        return False
    numbers = [value for value in said.values() if isinstance(value, int)]
    if "spin" not in said or len(numbers) < len(said):
        return True
    rounded = 10 ** max(0, len(str(max(numbers))) - SPINS_DIGITS)
    exact = {value for tool, value in said.items() if tool != "spin"}
    return len(exact) > 1 or max(numbers) - min(numbers) >= rounded


def farthest(cells: Sequence[Cell], variant: str, series: str, tool: Tool) -> tuple[int | None, str]:
    """The largest value of what grows at which a tool has a verdict, and what stopped it, if anything did."""
    places = by_place(cells)
    reached: int | None = None
    for size in SERIES[series]:
        cell = places.get((variant, size, tool))
        if cell is None or not cell.finished:
            return reached, cell.reason if cell else "not measured"
        reached = getattr(size, series)
    return reached, ""
