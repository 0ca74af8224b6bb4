"""Plots: pictures of what was found, as SVG and PNG; the same data give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .intervals import Findings, Interval
from .parameters import Parameters
from .plan import (
    BEFORE,
    CORRECTED,
    CROWD,
    FIGURES,
    LOCKS,
    MERGED,
    POSTED,
    SCALED,
    SIZES,
    TWO_SEEDS,
    changes,
)

COLOURS = {BEFORE: "#555555", POSTED: "#c44e52", MERGED: "#4c72b0", CORRECTED: "#55a868"}
MARKS = {BEFORE: "s", POSTED: "x", MERGED: "o", CORRECTED: "^"}

Picture = tuple[str, Figure]


def pictures(found: Findings, parameters: Parameters) -> list[Picture]:
    """All pictures of the page, by name."""
    return [
        ("saved", _saved(found)),
        ("sizes", _sizes(found)),
        ("locks", _locks(found)),
        ("sensitivity", _sensitivity(found, parameters)),
    ]


def picture_files(found: Findings, parameters: Parameters, folder: Path) -> dict[Path, bytes]:
    """Each picture twice, as SVG and as PNG."""
    files = {}
    for name, figure in pictures(found, parameters):
        for form in ("svg", "png"):
            files[folder / f"{name}.{form}"] = rendered(figure, form)
    return files


def rendered(figure: Figure, form: str) -> bytes:
    """A picture as it is written to a file."""
    data = io.BytesIO()
    metadata: dict[str, None] = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
    with mpl.rc_context({"svg.hashsalt": "pcpdrain", "svg.fonttype": "none"}):
        figure.savefig(data, format=form, dpi=110, metadata=metadata)
    text = data.getvalue()
    # No blanks at the ends of lines: it is a file that is kept.
    return b"\n".join(line.rstrip() for line in text.split(b"\n")) if form == "svg" else text


def _figure(width: float, height: float, parts: int = 1) -> tuple[Figure, Sequence[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, parts, squeeze=False)[0]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, list(axes)


def _saved(found: Findings) -> Figure:
    """Of the drains of each variant: honestly saved, bogus, not saved."""
    variants = [name for name in found.variants(*FIGURES) if found.finished(name, *FIGURES)]
    figure, (axis,) = _figure(9, 0.32 * len(variants) + 1.4)
    honest = [found.of(name, *FIGURES, "honest_share").mean for name in variants]
    counted = [found.of(name, *FIGURES, "saved_share") for name in variants]
    rows = list(range(len(variants)))
    axis.barh(rows, honest, color="#55a868", label="counted as saved, and no list missed")
    bogus = [share.mean - part for share, part in zip(counted, honest, strict=True)]
    axis.barh(rows, bogus, left=honest, color="#c44e52", label="counted as saved, but a list was missed")
    axis.errorbar(
        [share.mean for share in counted],
        rows,
        xerr=_errors(counted),
        fmt="none",
        ecolor="black",
        capsize=2,
        lw=1,
    )
    axis.axvline(100 * 578 / 627, color="black", ls=":", lw=1, label="published: 578 of 627")
    axis.set_yticks(rows, variants, family="monospace", fontsize=8)
    axis.invert_yaxis()
    axis.set_xlim(0, 100)
    axis.set_xlabel("% of drains (hackbench, 4 CPUs; mean and 95 % interval)")
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=8)
    return figure


def _sizes(found: Findings) -> Figure:
    """Time and IPIs of a drain from 4 to 4,096 CPUs."""
    figure, axes = _figure(10, 4, 2)
    for axis, metric, label in zip(
        axes, ("drain_mean", "ipis_a_drain"), ("mean time of a drain, us", "IPIs a drain"), strict=True
    ):
        for name in (BEFORE, POSTED, MERGED, CORRECTED):
            values = [found.of(name, SCALED, size, metric) for size in SIZES]
            axis.errorbar(
                SIZES, [v.mean for v in values], yerr=_errors(values), label=name, color=COLOURS[name],
                marker=MARKS[name], ms=4, capsize=2, lw=1.2,
            )  # fmt: skip
        axis.set_xscale("log", base=4)
        axis.set_yscale("log")
        axis.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
        axis.set_xlabel("CPUs, of which 8 are busy")
        axis.set_ylabel(label)
        axis.grid(visible=True, which="major", alpha=0.3)
    axes[0].legend(frameon=False, fontsize=8, prop={"family": "monospace", "size": 8})
    return figure


def _locks(found: Findings) -> Figure:
    """The locks of the review side by side, many callers at once."""
    figure, axes = _figure(10, 3.6, 2)
    parts = {"median": "#9ecae1", "p99": "#4292c6", "worst": "#084594"}
    for axis, time, title in zip(
        axes, ("drain", "lock_wait"), ("a call", "the wait for the lock"), strict=True
    ):
        names = [name for name in LOCKS if time == "drain" or LOCKS[name] != "none"]
        for offset, (part, colour) in enumerate(parts.items()):
            values = [found.of(name, *CROWD, f"{time}_{part}").mean for name in names]
            places = [number + 0.26 * (offset - 1) for number in range(len(names))]
            axis.bar(places, values, 0.24, color=colour, label={"p99": "99 %"}.get(part, part))
        axis.set_yscale("log")
        axis.set_xticks(range(len(names)), [LOCKS[name] for name in names])
        axis.set_ylabel(f"{title}, us")
        axis.grid(visible=True, axis="y", alpha=0.3)
    axes[0].legend(frameon=False, fontsize=8)
    return figure


def _sensitivity(found: Findings, parameters: Parameters, most: int = 14) -> Figure:
    """What moves the answers most: the share that counts as saved, and how much shorter a drain gets."""
    found = found.only(TWO_SEEDS)
    figure, axes = _figure(11, 5.4, 2)

    def saved(told: str) -> float:
        return found.of(MERGED, *FIGURES, "saved_share", told).mean

    def shorter(told: str) -> float:
        return found.ratio(BEFORE, MERGED, *FIGURES, "drain_mean", told).mean

    answers: list[tuple[Callable[[str], float], str]] = [
        (saved, f"% counted as saved ({MERGED})"),
        (shorter, "times a drain is shorter than before"),
    ]
    for axis, (answer, label) in zip(axes, answers, strict=True):
        ends: dict[str, list[tuple[float, float]]] = {}
        for name, value in changes(parameters, FIGURES[0]):
            ends.setdefault(name, []).append((value, answer(f"{name}={value:g}")))
        middle = answer("")
        ranked = sorted(ends, key=lambda name: -max(abs(got - middle) for _, got in ends[name]))[:most]
        for row, name in enumerate(ranked):
            for value, got in ends[name]:
                axis.plot([middle, got], [row, row], color="#4c72b0", lw=5, alpha=0.5, solid_capstyle="butt")
                axis.annotate(
                    f"{value:g}", (got, row), xytext=(4 if got >= middle else -4, 0),
                    textcoords="offset points", ha="left" if got >= middle else "right", va="center",
                    fontsize=7,
                )  # fmt: skip
        axis.axvline(middle, color="black", lw=1)
        axis.set_yticks(range(len(ranked)), ranked, family="monospace", fontsize=8)
        axis.invert_yaxis()
        axis.margins(x=0.15)
        axis.set_xlabel(label)
    return figure


def _errors(values: Sequence[Interval]) -> list[list[float]]:
    return [[value.mean - value.low for value in values], [value.high - value.mean for value in values]]
