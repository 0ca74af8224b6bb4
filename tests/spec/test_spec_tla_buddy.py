"""spec/tla/Buddy.tla under TLC: what draining is for, and that mistakes in it are seen."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from pcpdrain.tools.engines.tlc import TlcResult, run_tlc
from tests.thinning import thinned

MODULES = Path(__file__).resolve().parents[2] / "spec" / "tla"


def check(invariants: str, folder: Path, modules: Path = MODULES, high: int = 2) -> TlcResult:
    """Check some invariants; `folder` is for the configuration."""
    text = (MODULES / "Buddy.cfg").read_text(encoding="utf-8")
    head, _, rest = text.partition("INVARIANTS")
    constants = rest.partition("CONSTANTS")[2]
    assert "High = 2" in constants
    constants = constants.replace("High = 2", f"High = {high}")
    config = folder / "buddy.cfg"
    config.write_text(f"{head}INVARIANTS {invariants}\nCONSTANTS{constants}", encoding="utf-8")
    return run_tlc(modules, "Buddy", config, timeout=300)


def test_draining_serves_whatever_the_free_pages_can() -> None:
    result = run_tlc(MODULES, "Buddy", "Buddy.cfg", timeout=300)
    assert (result.outcome, result.reason) == ("holds", "")
    assert (result.generated, result.distinct) == (167926, 25755)


@pytest.mark.exhaustive
def test_so_it_does_with_longer_lists(tmp_path: Path) -> None:
    invariants = "CanonicalBlocks BuddyConservation ServedIffBlockExists DrainServes"
    result = check(invariants, tmp_path, high=3)
    assert (result.outcome, result.distinct) == ("holds", 104321), result.reason


def test_a_drain_can_make_the_difference(tmp_path: Path) -> None:
    result = check("DrainNeverHelped", tmp_path)
    assert (result.outcome, result.violated) == ("violated", "DrainNeverHelped")
    steps = [operator for operator, _ in result.trace[1:]]
    assert steps == ["RefillPage", "FreePage", "DrainCall", "DrainPage", "DrainReturn"]
    before, after = result.trace[-3][1], result.trace[-1][1]
    assert before["refused"] == frozenset({3})
    assert before["free"] == frozenset({(1, 0), (2, 1), (4, 2)})
    assert after["free"] == frozenset({(0, 3)})


@dataclass(frozen=True)
class Mistake:
    """In Buddy.tla, `right` is replaced by `wrong`; then `violates` is violated."""

    right: str
    wrong: str
    violates: str


COUNTED = "Cardinality({m \\in Orders : m > n /\\\n"

MISTAKES = {
    "a drain skips a list": Mistake("{c \\in Cpus : pcp[c] /= {}} = {}", "pcp[0] = {}", "DrainServes"),
    "buddies stay apart": Mistake(COUNTED, "Cardinality({m \\in {} :\n", "CanonicalBlocks"),
    "buddies stay apart, and the drain is in vain": Mistake(
        COUNTED, "Cardinality({m \\in {} :\n", "DrainServes"
    ),
    "pages in a row are no block": Mistake(COUNTED, "Cardinality({m \\in {} :\n", "ServedIffBlockExists"),
    "buddies are joined once only": Mistake(
        COUNTED, "Cardinality({m \\in {n + 1} \\cap Orders :\n", "DrainServes"
    ),
    "no block is split": Mistake("b[2] >= n /\\ \\A other", "b[2] = n /\\ \\A other", "ServedIffBlockExists"),
    "a split keeps no second half": Mistake(
        "(blocks \\ {b}) \\cup {<<b[1] + 2^k, k>> : k \\in {o \\in Orders : n <= o /\\ o < b[2]}}",
        "blocks \\ {b}",
        "BuddyConservation",
    ),
    "a joined buddy stays free": Mistake(
        "(blocks \\ {BuddyAt(p, k) : k \\in {o \\in Orders : n <= o /\\ o < reached}})",
        "blocks",
        "BuddyConservation",
    ),
    "a drained page stays on its list": Mistake(
        "  /\\ UNCHANGED allocated\n  /\\ pcp' = [pcp EXCEPT ![c] = @ \\ {p}]",
        "  /\\ UNCHANGED allocated\n  /\\ UNCHANGED pcp",
        "BuddyConservation",
    ),
}


@pytest.mark.parametrize("name", thinned(MISTAKES, 10))
def test_a_mistake_is_seen(tmp_path: Path, name: str) -> None:
    mistake = MISTAKES[name]
    modules = tmp_path / "tla"
    modules.mkdir()
    shutil.copy(MODULES / "Buddy.tla", modules)
    text = (modules / "Buddy.tla").read_text(encoding="utf-8")
    assert text.count(mistake.right) == 1
    (modules / "Buddy.tla").write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")
    result = check(mistake.violates, tmp_path, modules)
    assert (result.outcome, result.violated) == ("violated", mistake.violates), result.reason
