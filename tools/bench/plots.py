"""Plots: the results of a run as pictures, in SVG, for light and dark pages."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from ..engines.java import EngineMissing
from .cells import TOOLS, Cell, Tool
from .compared import by_place
from .results import Results
from .sizes import SERIES, VARIANTS, Size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK = "#808080"
"""Of texts and lines: legible on white and on black."""

_GROWS = {"cpus": "CPUs", "zones": "zones", "drainers": "callers"}

_STYLE: dict[Tool, tuple[str, str]] = {
    "explorer": ("#d1495b", "o"),
    "tlc": ("#2e8bc0", "s"),
    "pluscal": ("#6a9f3c", "^"),
    "spin": ("#c98a1b", "D"),
}
"""Colour and mark of each tool; of middle brightness."""


def time_plot(results: Results, form: str = "svg") -> bytes:
    """Seconds from source: a row for each variant, a column for each bound that grows."""
    with _figure(len(VARIANTS), len(SERIES), (10, 6.4)) as (figure, axes):
        for variant, row in zip(VARIANTS, axes, strict=True):
            for (series, sizes), plot in zip(SERIES.items(), row, strict=True):
                values = [getattr(size, series) for size in sizes]
                for tool in TOOLS:
                    _growth(plot, results.cells, tool, variant, sizes, values)
                plot.axhline(results.seconds, color=_INK, linewidth=0.8, linestyle=":")
                plot.set_xticks(values)
                plot.margins(x=0.1)
                plot.set_xlabel(_GROWS[series])
                _in_decades(plot)
            row[0].set_ylabel(f"{variant}\nseconds from source")
        return _drawn(figure, axes[0][0], "dotted: the time limit; cross: stopped", form)


def speed_plot(results: Results, form: str = "svg") -> bytes:
    """States a second of the search, and bytes for each state, against the number of states."""
    with _figure(1, 2, (10, 4.2)) as (figure, axes):
        for plot, name, said in zip(
            axes[0],
            ("rate", "bytes_per_state"),
            ("states a second, search", "bytes of memory a state"),
            strict=True,
        ):
            for tool in TOOLS:
                of_tool = [cell for cell in results.cells if cell.tool == tool and cell.finished]
                shown = sorted({(cell.states or 0, getattr(cell, name) or 0) for cell in of_tool})
                points = [point for point in shown if all(point)]
                colour, mark = _STYLE[tool]
                plot.plot(
                    *zip(*points, strict=True) if points else ([], []), mark, color=colour, label=TOOLS[tool]
                )
            plot.set_xscale("log")
            plot.set_xlim(*_decades(plot.dataLim.intervalx))
            _in_decades(plot)
            plot.set_xlabel("states")
            plot.set_ylabel(said)
        return _drawn(figure, axes[0][0], "both variants, all sizes", form)


def _in_decades(plot: Axes) -> None:
    """A logarithmic scale from one power of ten to another, which alone have numbers."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    plot.set_yscale("log")
    plot.set_ylim(*_decades(plot.dataLim.intervaly))
    plot.yaxis.set_minor_formatter(NullFormatter())
    plot.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
    )


def _decades(shown: Iterable[float]) -> tuple[float, float]:
    """The powers of ten around what is shown, from the least to the largest; of nothing, any."""
    low, high = shown
    if not 0 < low <= high < float("inf"):
        return 1, 10
    return 10 ** floor(log10(low)), 10 ** ceil(log10(high * 1.2))


def _growth(
    plot: Axes, cells: Sequence[Cell], tool: Tool, variant: str, sizes: Sequence[Size], values: Sequence[int]
) -> None:
    """The line of a tool, and a cross where it was stopped."""
    places = by_place(cells)
    colour, mark = _STYLE[tool]
    of_tool = [(value, places.get((variant, size, tool))) for value, size in zip(values, sizes, strict=True)]
    points = [(value, cell.seconds) for value, cell in of_tool if cell and cell.finished and cell.seconds]
    plot.plot(
        [value for value, _ in points],
        [seconds for _, seconds in points],
        f"{mark}-",
        color=colour,
        label=TOOLS[tool],
    )
    for value, cell in of_tool:
        if cell and cell.outcome == "stopped" and cell.seconds:
            plot.plot([value], [cell.seconds], "x", color=colour, markersize=9, markeredgewidth=2)


@contextmanager
def _figure(
    rows: int, columns: int, inches: tuple[float, float]
) -> Iterator[tuple[Figure, list[list[Axes]]]]:
    """A figure with plots, in the colours of this module.

    Raises:
        EngineMissing: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as NewFigure
    except ImportError:
        raise EngineMissing("no matplotlib, which draws the plots", "pip install matplotlib") from None
    coloured = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    look: dict[Any, Any] = {**dict.fromkeys(coloured, _INK), "font.size": 9, "lines.markersize": 5}
    with mpl.rc_context({**look, "svg.hashsalt": "pcpdrain", "svg.fonttype": "none"}):
        figure = NewFigure(figsize=inches, layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
        for plot in axes.flat:
            plot.grid(color=_INK, alpha=0.25, linewidth=0.6)
            plot.set_facecolor("none")
        yield figure, [list(row) for row in axes]


def _drawn(figure: Figure, first: Axes, note: str, form: str) -> bytes:
    """The picture with its legend; the same results give the same bytes."""
    handles, labels = first.get_legend_handles_labels()
    legend = figure.legend(
        handles, labels, loc="outside upper center", ncols=len(TOOLS), frameon=False, title=note
    )
    legend.get_title().set_fontsize(8)
    file = io.BytesIO()
    figure.savefig(file, format=form, transparent=True, metadata={"Date": None} if form == "svg" else None)
    return file.getvalue()
