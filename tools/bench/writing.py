"""Writing: numbers, page and plots of a run, all of them or none."""

from __future__ import annotations

from pathlib import Path

from ..files import write_together
from .page import page
from .plots import speed_plot, time_plot
from .results import Results, as_json


def files_of(out: Path) -> tuple[Path, ...]:
    """The files that go with the one of the numbers, itself first."""
    return (out, out.with_suffix(".md"), *_plots_of(out).values())


def write(results: Results, out: Path) -> tuple[Path, ...]:
    """Write all files.

    Raises:
        EngineMissing: matplotlib is not installed.
        OutputError: one of them cannot be written.
    """
    plots = _plots_of(out)
    texts = {
        out: as_json(results),
        out.with_suffix(".md"): page(results, plots, drains_beside(out)),
        plots["time"]: time_plot(results).decode(),
        plots["speed"]: speed_plot(results).decode(),
    }
    write_together(texts)
    return files_of(out)


def _plots_of(out: Path) -> dict[str, Path]:
    return {name: out.with_name(f"{out.stem}-{name}.svg") for name in ("time", "speed")}


def drains_beside(out: Path) -> Path | None:
    """What a simulated drain costs, if that was measured, too: the page then shows it."""
    path = out.with_name(f"{out.stem}-drains.json")
    return path if path.is_file() else None
