"""Claims: what the changelogs and the review say, beside what the simulation shows.

A claim holds, in part, or not, by a rule that stands here and on the page; no verdict is written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .intervals import Findings
from .parameters import Parameters
from .plan import (
    BEFORE,
    CORRECTED,
    FIGURES,
    LATER_FIGURES,
    MANY,
    MERGED,
    POSTED,
    SCALED,
    SIZES,
    TWO_SEEDS,
    changes,
)

NEAR = 5.0
"""Percentage points that a share may be below the published one, where the claim is a share."""
ORDER = 10.0
"""An order of magnitude."""
HUNDREDS = 256
FEW = 75.0
"""Percent below which the claim of the patch, 90 % and more, no longer describes what happens."""
HALF = 50.0
INTERRUPTS = 39 / 3647
"""Function call interrupts a drain, from /proc/interrupts before and after the run on 8 CPUs."""


@dataclass(frozen=True)
class Claim:
    """A row of the table: who says what, what is found for the patch as posted and after the correction."""

    said: str
    published: str
    posted: str
    corrected: str
    holds: str
    kind: str


def claims(found: Findings, parameters: Parameters) -> Iterator[Claim]:
    """All claims, in the order of the changelog."""
    yield _drains(found)
    yield _saved(found)
    yield _bogus(found)
    yield _global_ipis(found)
    yield _many(found)
    yield _latency(found, parameters)
    yield _attempt(found, parameters)
    yield _hundreds(found)
    yield _later(found)
    yield _interrupts(found)


def _drains(found: Findings) -> Claim:
    def text(variant: str) -> str:
        return found.of(variant, *FIGURES, "drains").text()

    return Claim(
        "drains while `hackbench 400` runs out of memory on 4 CPUs", "627", text(POSTED), text(CORRECTED),
        "by calibration", "calibrated (the number for the posted patch)",
    )  # fmt: skip


def _saved(found: Findings) -> Claim:
    posted, corrected = (found.of(variant, *FIGURES, "saved_share") for variant in (POSTED, CORRECTED))
    return Claim(
        "of them counted as saved", "578, that is 92.2 %", posted.text(1, " %"), corrected.text(1, " %"),
        f"yes, after the correction too: {corrected.mean:.1f} %" if corrected.low > 92.2 - NEAR
        else f"less after the correction: {corrected.mean:.1f} %",
        "calibrated (posted); predicted (corrected)",
    )  # fmt: skip


def _bogus(found: Findings) -> Claim:
    posted, corrected = (found.of(variant, *FIGURES, "bogus_share") for variant in (POSTED, CORRECTED))
    return Claim(
        "a drain that is counted as saved has nothing to do elsewhere", "taken for granted",
        f"{posted.text(1, ' %')} of those counted missed a list", f"{corrected.text(1, ' %')} missed a list",
        "not as posted" if posted.low > 1 else "yes", "predicted",
    )  # fmt: skip


def _global_ipis(found: Findings) -> Claim:
    posted, corrected = (found.of(variant, *FIGURES, "saved") for variant in (POSTED, CORRECTED))
    sent = found.of(CORRECTED, *FIGURES, "ipis_share")
    return Claim(
        "saves global IPIs", "around 500", posted.text(), corrected.text(),
        f"{'yes' if corrected.high > 450 else 'fewer'}; of all IPIs that calls to everybody would send, "
        f"{sent.mean:.0f} % are sent", "predicted",
    )  # fmt: skip


def _many(found: Findings) -> Claim:
    def text(variant: str) -> str:
        share = found.of(variant, *MANY, "saved_share").text(1, " %")
        return f"{found.of(variant, *MANY, 'drains').text()} drains, {share}"

    corrected = found.of(CORRECTED, *MANY, "saved_share")
    return Claim(
        "with more tasks the number of drains reaches 15,000 and the share 99 %", "15,000, 99 %",
        text(POSTED), text(CORRECTED), "yes" if corrected.mean > 99 - 1 else f"{corrected.mean:.1f} %",
        "predicted (the number of tasks is assumed)",
    )  # fmt: skip


def _latency(found: Findings, parameters: Parameters) -> Claim:
    def text(variant: str) -> str:
        return found.ratio(BEFORE, variant, *FIGURES, "drain_mean").text(1, " times shorter")

    ratio = found.ratio(BEFORE, CORRECTED, *FIGURES, "drain_mean")
    median = found.ratio(BEFORE, CORRECTED, *FIGURES, "drain_median").mean
    low, high = _varied(found, parameters, "drain_mean")
    return Claim(
        "the mean latency of a drain falls by an order of magnitude", "10 times or more",
        text(POSTED), text(CORRECTED),
        f"{'yes' if ratio.low >= ORDER else 'no'}: the mean {ratio.mean:.1f}, the median {median:.0f} times; "
        f"{low:.1f} to {high:.1f} times when one parameter is varied", "predicted",
    )  # fmt: skip


def _attempt(found: Findings, parameters: Parameters) -> Claim:
    def text(variant: str) -> str:
        return found.ratio(BEFORE, variant, *FIGURES, "attempt_mean").text(2, " times shorter")

    ratio = found.ratio(BEFORE, CORRECTED, *FIGURES, "attempt_mean")
    low, high = _varied(found, parameters, "attempt_mean")
    return Claim(
        "the average latency of direct reclaim, the scan included, falls by an order of magnitude",
        "10 times or more", text(POSTED), text(CORRECTED),
        f"{'yes' if ratio.low >= ORDER else 'no'}: the scan is what takes time; "
        f"{low:.2f} to {high:.2f} times when one parameter is varied", "predicted",
    )  # fmt: skip


def in_short(found: Findings, parameters: Parameters) -> dict[str, str]:
    """The answers in numbers: whether the claim holds, after the correction too, and where it does not."""
    few = found.only(TWO_SEEDS)

    def where(metric: str, variant: str, *, low: float = 0.0, high: float = 100.0) -> str:
        """Which changes of a parameter bring a share out of these bounds."""
        shares = {
            f"`{name}` {value:g}": few.of(variant, *FIGURES, metric, f"{name}={value:g}").mean
            for name, value in changes(parameters, FIGURES[0])
        }
        outside = [f"{name} ({got:.0f} %)" for name, got in shares.items() if not low <= got <= high]
        return ", ".join(outside) or "nothing"

    return {
        "posted": f"{found.of(POSTED, *FIGURES, 'saved_share').mean:.1f} %",
        "corrected": f"{found.of(CORRECTED, *FIGURES, 'saved_share').mean:.1f} %",
        "bogus": f"{found.of(POSTED, *FIGURES, 'bogus_share').mean:.0f} %",
        "failed": f"{found.of(POSTED, *FIGURES, 'missed_and_failed').mean:.0f}",
        "missed": f"{found.of(CORRECTED, *FIGURES, 'missed_share').mean:.0f} %",
        "ipis": f"{found.of(CORRECTED, *FIGURES, 'ipis_share').mean:.1f} %",
        "mean": f"{found.ratio(BEFORE, CORRECTED, *FIGURES, 'drain_mean').mean:.1f}",
        "median": f"{found.ratio(BEFORE, CORRECTED, *FIGURES, 'drain_median').mean:.0f}",
        "attempt": found.ratio(BEFORE, CORRECTED, *FIGURES, "attempt_mean").text(2),
        "few": f"{FEW:.0f} %",
        "few_saved": where("saved_share", MERGED, low=FEW),
        "mostly_bogus": where("bogus_share", POSTED, high=HALF),
    }


def _varied(found: Findings, parameters: Parameters, metric: str) -> tuple[float, float]:
    """The least and the largest ratio of before to after (as merged) in the study of sensitivity."""
    ratios = [
        found.ratio(BEFORE, MERGED, *FIGURES, metric, f"{name}={value:g}").mean
        for name, value in changes(parameters, FIGURES[0])
    ]
    return min(ratios), max(ratios)


def _hundreds(found: Findings) -> Claim:
    def text(variant: str) -> str:
        share = found.of(variant, SCALED, HUNDREDS, "ipis_share").text(1, " % of the IPIs")
        return (
            f"{share}, {found.ratio(BEFORE, variant, SCALED, HUNDREDS, 'drain_mean').mean:.1f} times shorter"
        )

    most = SIZES[-1]
    ipis = found.of(CORRECTED, SCALED, HUNDREDS, "ipis_share")
    largest = found.ratio(BEFORE, CORRECTED, SCALED, most, "drain_mean").mean
    return Claim(
        f"there can easily be hundreds of CPUs without pages (here {HUNDREDS}, 8 of them busy)",
        "90 % and more saved",
        text(POSTED), text(CORRECTED),
        f"{'yes' if ipis.high < 10 else 'no'} for the IPIs; with {most:,} CPUs a drain is {largest:.1f} "
        "times shorter, as looking at all lists remains",
        "predicted",
    )  # fmt: skip


def _later(found: Findings) -> Claim:
    posted, merged = (found.of(variant, *LATER_FIGURES, "saved_share") for variant in (POSTED, MERGED))
    return Claim(
        "the corrected patch on 8 CPUs", "3,642 of 3,647, that is 99.9 %", posted.text(1, " %"),
        f"{merged.text(1, ' %')} (as merged: per_cpu_summary)",
        "yes" if merged.mean > 99.9 - 1 else f"{merged.mean:.1f} %",
        "predicted",
    )  # fmt: skip


def _interrupts(found: Findings) -> Claim:
    posted, merged = (found.of(variant, *LATER_FIGURES, "ipis_a_drain") for variant in (POSTED, MERGED))
    return Claim(
        "function call interrupts in that run, a drain", f"39 / 3,647, that is {INTERRUPTS:.3f}",
        posted.text(3), f"{merged.text(3)} (as merged)",
        "yes" if merged.low <= 2 * INTERRUPTS else f"no: {merged.mean / INTERRUPTS:.0f} times as many here",
        "predicted",
    )  # fmt: skip
