"""Results: one finding for each variant, scope and property, and whether it is what the variant expects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .files import write_atomically
from .traces import Trace

Verdict = Literal["holds", "violated", "unknown", "not_run"]


@dataclass(frozen=True)
class Finding:
    """What an engine found. States and transitions are those explored until the verdict; depth counts states."""

    variant: str
    scope: str
    property: str
    expected: Literal["holds", "violated"] | None
    found: Verdict
    engine: str | None = None
    engine_version: str | None = None
    states: int | None = None
    transitions: int | None = None
    depth: int | None = None
    seconds: float | None = None
    trace: Trace | None = None
    reason: str | None = None

    @property
    def met(self) -> bool:
        """Whether the expectation, if there is one, is met."""
        return self.expected is None or self.expected == self.found

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data; `reason` is there for `unknown` and `not_run`."""
        data = {**vars(self), "trace": self.trace.to_json() if self.trace else None}
        if self.found in ("holds", "violated"):
            del data["reason"]
        return data


def write_results(path: Path, findings: Sequence[Finding]) -> None:
    """Write `results.json`, whole or not at all."""
    write_atomically(path, json.dumps([finding.to_json() for finding in findings], indent=1) + "\n")
