"""Page: docs/numbers.md, from results; whether the claims of the changelog hold, and when not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pcpdrain.codegen.render import render

from .claims import ORDER, claims, in_short
from .intervals import Findings
from .parameters import Parameter, Parameters
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

Row = dict[str, Any]


def page(found: Findings, parameters: Parameters, folder: str) -> str:
    """The whole page; its pictures are in this folder."""
    return render(
        "numbers.md.j2",
        folder=folder,
        short=in_short(found, parameters),
        claims=list(claims(found, parameters)),
        order=f"{ORDER:.0f}",
        variants=list(_variants(found)),
        sizes=list(_sizes(found)),
        locks=list(_locks(found)),
        sensitivity=list(_sensitivity(found, parameters)),
        parameters=list(_parameters(parameters)),
        calibrated=[
            name for name, row in parameters.workloads[FIGURES[0]].items() if row.kind == "calibrated"
        ],
        workloads=parameters.about,
        names={"before": BEFORE, "posted": POSTED, "merged": MERGED, "corrected": CORRECTED},
        runs=found.runs,
        versions=found.versions,
    )


def _variants(found: Findings) -> Iterator[Row]:
    for name in found.variants(*FIGURES):
        row: Row = {"variant": name, "ended": "" if found.finished(name, *FIGURES) else "**stuck**"}
        for metric, digits in (
            ("drains", 0), ("saved_share", 1), ("bogus_share", 1), ("ipis_share", 1), ("useless_share", 1),
            ("missed_share", 1), ("missed_and_failed", 1), ("drain_mean", 1), ("attempt_mean", 0),
            ("kills", 0),
        ):  # fmt: skip
            row[metric] = found.of(name, *FIGURES, metric).text(digits)
        for time in ("drain", "reclaim"):
            parts = (found.of(name, *FIGURES, f"{time}_{part}").mean for part in ("median", "p99", "worst"))
            row[time] = " / ".join(f"{value:,.1f}" for value in parts)
        yield row


def _sizes(found: Findings) -> Iterator[Row]:
    for size in SIZES:
        row: Row = {"cpus": f"{size:,}"}
        for name in (BEFORE, POSTED, MERGED, CORRECTED):
            row[name] = found.of(name, SCALED, size, "drain_mean").text(1)
            row[f"{name} ipis"] = found.of(name, SCALED, size, "ipis_a_drain").text(1)
        yield row


def _locks(found: Findings) -> Iterator[Row]:
    for name, lock in LOCKS.items():
        row: Row = {"lock": lock, "variant": name}
        for metric in ("missed_share", "saved_share", "failed_share"):
            row[metric] = found.of(name, *CROWD, metric).text(1)
        for time in ("drain", "lock_wait", "attempt"):
            parts = (
                found.of(name, *CROWD, f"{time}_{part}").mean for part in ("mean", "median", "p99", "worst")
            )
            row[time] = " / ".join(f"{value:,.1f}" for value in parts)
        yield row


def _sensitivity(all_seeds: Findings, parameters: Parameters) -> Iterator[Row]:
    found = all_seeds.only(TWO_SEEDS)
    for name, value in (("", 0.0), *changes(parameters, FIGURES[0])):
        told = f"{name}={value:g}" if name else ""
        yield {
            "parameter": f"`{name}`" if name else "as in the file",
            "value": f"{value:g}" if name else "",
            "posted": f"{found.of(POSTED, *FIGURES, 'saved_share', told).mean:.1f}",
            "bogus": f"{found.of(POSTED, *FIGURES, 'bogus_share', told).mean:.1f}",
            "merged": f"{found.of(MERGED, *FIGURES, 'saved_share', told).mean:.1f}",
            "drain": f"{found.ratio(BEFORE, MERGED, *FIGURES, 'drain_mean', told).mean:.1f}",
            "attempt": f"{found.ratio(BEFORE, MERGED, *FIGURES, 'attempt_mean', told).mean:.2f}",
        }


def _parameters(parameters: Parameters) -> Iterator[Row]:
    for section, table in (("costs", parameters.costs), (FIGURES[0], parameters.workloads[FIGURES[0]])):
        for name, parameter in table.items():
            yield _parameter(section, name, parameter)
    base = parameters.workloads[FIGURES[0]]
    for workload, table in parameters.workloads.items():
        for name, parameter in table.items():
            if workload != FIGURES[0] and parameter != base[name]:
                yield _parameter(workload, name, parameter)


def _parameter(section: str, name: str, parameter: Parameter) -> Row:
    varied = "" if parameter.low is None else f"{parameter.low:g}–{parameter.high:g}"
    value = f"{parameter.value:g}"
    return {
        "section": section,
        "name": name,
        "value": value,
        "varied": varied,
        **vars(parameter) | {"value": value},
    }
