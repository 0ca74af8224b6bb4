"""A small report for tests: two variants, one scope in the explorer, made once for each run of the tests."""

import json
import re
from pathlib import Path
from typing import Any

from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.pages.site import site
from pcpdrain.tools.results import Finding
from tests.tools.driving import POSTED, run_of

VARIANTS = ("last_zone_decides", "per_cpu_summary")
MOST_STATES = 400
"""Enough for one call of one caller, and no larger scope."""

RUN = "last_zone_decides-solo-drain_complete"
"""The counterexample that the report has."""


def rows() -> list[dict[str, Any]]:
    """What a check would have found: a violation, and what holds."""
    trace = run_of("last_zone_decides", "solo", POSTED)
    found = [
        Finding("last_zone_decides", "solo", "drain_complete", "violated", "violated", trace=trace),
        Finding("last_zone_decides", "solo_one_zone", "drain_complete", "holds", "holds", states=2168),
        Finding("per_cpu_summary", "solo", "drain_complete", "holds", "holds", states=1391),
        Finding("per_cpu_summary", "solo", "never_stuck", None, "not_run", reason="there was no engine"),
    ]
    read: list[dict[str, Any]] = json.loads(json.dumps([finding.to_json() for finding in found]))
    return read


def small_site() -> dict[str, str]:
    """The files of the small report."""
    units = [compile_file(SPEC / "variants" / f"{name}.drain") for name in VARIANTS]
    return site(rows(), units, MOST_STATES, lambda _done, _of: None)


def data_of(text: str) -> Any:
    """The data that a script keeps."""
    found = re.fullmatch(r'\(\(window.pcpdrain \?\?= \{\}\).data \?\?= \{\}\)\["[^"]+"\] = (.*);\n', text)
    assert found is not None
    return json.loads(found[1])


def write(texts: dict[str, str], folder: Path) -> None:
    """Put the files into a folder."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
