"""Buddy: the buddy allocator's own module, which no variant extends, checked by TLC."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from pcpdrain.codegen.library import SPEC

from .engines.run_cache import RunCache
from .engines.tlc import TlcResult, run_tlc
from .judging import ENGINE
from .results import Expected, Finding, Verdict

MODULE = "Buddy"
ROW, SCOPE = "buddy", "Buddy.cfg"
"""What stands for the variant and for the scope in the results."""

REACHABLE = "DrainNeverHelped"
"""Says that no drain makes a difference. It must be violated, or all the rest is about drains in vain."""

_INVARIANTS = re.compile(r"^INVARIANTS\n((?: +\w+\n)+)", re.MULTILINE)


def check_buddy(timeout: float, cache: RunCache | None = None) -> list[Finding]:
    """A finding for each invariant of Buddy.cfg, and for what must not be one."""
    config = (SPEC / "tla" / f"{MODULE}.cfg").read_text(encoding="utf-8")
    listed = _INVARIANTS.search(config)
    names = listed[1].split() if listed else []
    found = []
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / f"{MODULE}.tla").write_text(
            (SPEC / "tla" / f"{MODULE}.tla").read_text(encoding="utf-8"), encoding="utf-8"
        )
        (folder / "holds.cfg").write_text(config, encoding="utf-8")
        result = run_tlc(folder, MODULE, "holds.cfg", timeout=timeout, cache=cache)
        for invariant in names:
            found.append(_finding(invariant, "holds", result))
        unlisted = _INVARIANTS.sub("", config) + f"INVARIANT {REACHABLE}\n"
        (folder / "reached.cfg").write_text(unlisted, encoding="utf-8")
        result = run_tlc(folder, MODULE, "reached.cfg", timeout=timeout, cache=cache)
        found.append(_finding(REACHABLE, "violated", result))
    return found


def _finding(invariant: str, expected: Expected, result: TlcResult) -> Finding:
    """TLC stops at the first violation, and does not say then whether the other invariants hold."""
    verdict: Verdict = "unknown"
    reason: str | None = result.reason or None
    if result.outcome == "holds":
        verdict = "holds"
    elif result.violated == invariant:
        verdict = "violated"
    elif not reason:
        reason = f"TLC stopped, as {result.violated} is violated"
    return Finding(
        ROW,
        SCOPE,
        invariant,
        expected,
        verdict,
        engine=ENGINE,
        engine_version=result.version,
        states=result.distinct,
        transitions=result.generated - 1 if result.generated else None,
        depth=len(result.trace) if verdict == "violated" else result.depth,
        seconds=round(result.seconds, 2),
        reason=reason,
        cached=result.cached,
    )
