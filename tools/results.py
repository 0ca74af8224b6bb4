"""Results: one finding for each variant, scope and property, and whether it is what the variant expects."""

from __future__ import annotations

import builtins
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .files import ensure_folder_writable, ensure_writable, write_together

if TYPE_CHECKING:
    from .traces import Trace
    from .vacuity import Vacuity

Expected = Literal["holds", "violated"]
Verdict = Literal["holds", "violated", "bounded", "unknown", "not_run"]
"""`bounded`: no error up to a number of steps, which is neither `holds` nor `violated`."""


@dataclass(frozen=True)
class Watched:
    """What was seen on the way to a verdict: the events that can be, those taken, the premise reached."""

    possible: frozenset[str]
    taken: frozenset[str]
    premise: bool


@dataclass(frozen=True)
class Finding:
    """What an engine found. States and transitions are those explored for it; depth counts states.

    `watched` is for `vacuity`, and there only if the variant was checked whole. `cached` tells that the run
    was made at another time; all else is as it was then, `seconds` too. `bound` is how many steps were looked
    at where that is `bounded`. `confirmed_by` is another engine that says the same.
    """

    variant: str
    scope: str
    property: str
    expected: Expected | None
    found: Verdict
    engine: str | None = None
    engine_version: str | None = None
    states: int | None = None
    transitions: int | None = None
    depth: int | None = None
    seconds: float | None = None
    trace: Trace | None = None
    reason: str | None = None
    watched: Watched | None = None
    cached: bool = False
    bound: int | None = None
    confirmed_by: str | None = None

    @builtins.property
    def met(self) -> bool:
        """Whether the expectation, if there is one, is met."""
        return self.expected is None or self.expected == self.found

    @builtins.property
    def decided(self) -> bool:
        """Whether there is a verdict at all."""
        return self.found in ("holds", "violated")

    @builtins.property
    def contradicted(self) -> bool:
        """Whether an engine has found the opposite of what is expected."""
        return self.expected is not None and self.decided and not self.met

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data; `reason` is there for `unknown` and `not_run`."""
        data = {**vars(self), "trace": self.trace.to_json() if self.trace else None}
        del data["watched"], data["cached"]
        if self.bound is None:
            del data["bound"]
        if self.decided or self.found == "bounded":
            del data["reason"]
        return data


def trace_file(results: Path, finding: Finding) -> Path:
    """Where the counterexample of a finding goes: into `traces`, beside the results."""
    return results.parent / "traces" / f"{finding.variant}-{finding.scope}-{finding.property}.json"


def vacuity_file(results: Path) -> Path:
    """Where it goes what was never seen: beside the results."""
    return results.with_name("vacuity.json")


def ensure_results_writable(path: Path) -> None:
    """Find out before the run whether results and traces can be written; older ones stay as they are.

    Raises:
        OutputError: they cannot.
    """
    ensure_writable(path)
    ensure_folder_writable(path.parent / "traces")


def write_results(path: Path, findings: Sequence[Finding], judged: Vacuity) -> None:
    """Write the results, the traces and what was never seen; remove older traces of what holds now.

    Raises:
        OutputError: one of the files cannot be written; then all of them are as they were.
    """
    data = [finding.to_json() for finding in findings]
    texts = {
        trace_file(path, f): _text(row["trace"]) for f, row in zip(findings, data, strict=True) if f.trace
    }
    if judged.variants:
        texts[vacuity_file(path)] = _text(judged.to_json())
    write_together({**texts, path: _text(data)})
    for finding in findings:
        if finding.found in ("holds", "bounded"):
            trace_file(path, finding).unlink(missing_ok=True)


def _text(data: Any) -> str:
    return json.dumps(data, indent=1) + "\n"
