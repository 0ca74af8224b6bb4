"""The hand-written TLA+ (spec/tla) under TLC: with a small program by hand, and with mistakes put into it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pcpdrain.tools.engines.tlc import TlcResult, run_tlc
from tests.thinning import thinned

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "spec" / "tla"
MODELS = Path(__file__).resolve().parent / "models"
HELD = "TypeOK PageConservation DrainComplete CallsPaired DebtsStand PagesSeen NeverStuck"


def set_of(size: int) -> str:
    """The TLA+ set {0, ..., size-1}."""
    return "{" + ", ".join(map(str, range(size))) + "}"


def check(
    folder: Path,
    *,
    model: str = "CallEverybody",
    cpus: int = 2,
    zones: int = 1,
    tasks: int = 1,
    home: str = "EachOnItsOwn",
    pages: int = 1,
    high: int = 2,
    batch: int = 1,
    invariants: str = HELD,
    modules: Path = MODULES,
) -> TlcResult:
    """Check a model in a scope; `folder` is for the configuration."""
    config = folder / "scope.cfg"
    config.write_text(
        f"INIT Init\nNEXT Next\nINVARIANTS {invariants}\nCONSTANTS\n"
        f"Cpus = {set_of(cpus)} Zones = {set_of(zones)} Tasks = {set_of(tasks)} Home <- {home}\n"
        f"Pages = {pages} High = {high} Batch = {batch}\n",
        encoding="utf-8",
    )
    return run_tlc(MODELS, model, config, library=[modules], timeout=300)


@pytest.mark.parametrize(
    ("scope", "transitions", "states"),
    [
        ({"zones": 2}, 2238, 649),
        ({"zones": 2, "pages": 2}, 13780, 2711),
        ({"tasks": 2}, 13379, 4524),
        ({"tasks": 2, "home": "TwoOnCpuZero"}, 4433, 1777),
        ({"cpus": 3, "pages": 2, "batch": 2}, 8945, 2138),
        ({"cpus": 1, "pages": 3, "high": 3, "batch": 2}, 242, 109),
    ],
    ids=["solo", "two_pages", "racing", "racing_same_cpu", "three_cpus", "one_cpu"],
)
def test_calling_everybody_keeps_all_but_the_peace(
    tmp_path: Path, scope: dict[str, int], transitions: int, states: int
) -> None:
    result = check(tmp_path, **scope)  # type: ignore[arg-type]
    assert (result.outcome, result.reason) == ("holds", "")
    assert (result.generated, result.distinct) == (transitions, states)


def test_calling_everybody_disturbs_a_cpu_without_pages(tmp_path: Path) -> None:
    result = check(tmp_path, invariants=f"{HELD} NoUselessIpi")
    assert (result.outcome, result.violated) == ("violated", "NoUselessIpi")
    assert [operator for operator, _ in result.trace] == [None, "call", "preempt_disable", "send"]
    assert result.trace[-1][1]["call_queue"] == (frozenset(), frozenset({0}))
    assert result.trace[-1][1]["had_pages"] == (frozenset(),)


def test_values(tmp_path: Path) -> None:
    result = check(
        tmp_path, model="Values", cpus=4, zones=2, home="HomeZero", invariants="TypeOK PageConservation"
    )
    assert (result.outcome, result.distinct) == ("holds", 1), result.reason


@pytest.mark.parametrize(
    ("constants", "says"),
    [
        ({"batch": 0}, "Assumption"),
        ({"high": 0}, "Assumption"),
        ({"cpus": 2, "tasks": 3}, "Assumption"),  # task 2 would be at home on CPU 2
    ],
)
def test_a_scope_without_sense_is_refused(tmp_path: Path, constants: dict[str, int], says: str) -> None:
    result = check(tmp_path, **constants)  # type: ignore[arg-type]
    assert result.outcome == "error"
    assert says in result.reason


MISTAKES = {
    "a page is lost when a list is drained": (
        "Allocator",
        "buddy' = [buddy EXCEPT ![z] = @ + pcp[c][z]]",
        "UNCHANGED buddy",
        "PageConservation",
    ),
    "a page is made when one is freed": (
        "Allocator",
        "in_use' = [in_use EXCEPT ![z] = @ - 1]",
        "UNCHANGED in_use",
        "PageConservation",
    ),
    "a refill copies its pages": (
        "Allocator",
        "buddy' = [buddy EXCEPT ![z] = @ - refill]",
        "UNCHANGED buddy",
        "PageConservation",
    ),
    "the surplus of a list is lost": (
        "Allocator",
        "buddy' = [buddy EXCEPT ![z] = @ + surplus]",
        "UNCHANGED buddy",
        "PageConservation",
    ),
    "the last page is allocated twice": (
        "Allocator",
        "/\\ pcp[c][z] + refill > 0\n",
        "",
        "PageConservation",
    ),
    "no debt is ever settled": (
        "Machine",
        "{<<c, z>> \\in owes[d] : lists[c][z] > 0}",
        "owes[d]",
        "DrainComplete",
    ),
    "a debt is settled late": (
        "Machine",
        "{<<c, z>> \\in owes[d] : lists[c][z] > 0}",
        "owes[d]",
        "DebtsStand",
    ),
    "pages are not seen": (
        "Machine",
        "had_pages[d] \\cup CpusWithPages(lists)]",
        "had_pages[d]]",
        "PagesSeen",
    ),
    "a return forgets the second ghost": (
        "Machine",
        "had_pages' = [had_pages EXCEPT ![d] = {}]",
        "UNCHANGED had_pages",
        "PagesSeen",
    ),
    "a drain leaves the list as it was": (
        "Allocator",
        "lists == [pcp EXCEPT ![c][z] = 0]",
        "lists == pcp",
        "PageConservation",
    ),
    "an acknowledgement is lost": (
        "Machine",
        "IF d = serving[c] THEN awaiting[d] \\ {c} ELSE awaiting[d]",
        "awaiting[d]",
        "NeverStuck",
    ),
    "a call is lost": (
        "Machine",
        "call_queue' = [call_queue EXCEPT ![target] = @ \\cup {d}]",
        "UNCHANGED call_queue",
        "CallsPaired",
    ),
    "a call is served twice": (
        "Machine",
        "call_queue' = [call_queue EXCEPT ![c] = @ \\ {d}]",
        "UNCHANGED call_queue",
        "CallsPaired",
    ),
    "nobody is waited for": (
        "Machine",
        "Answered(d, target) == target \\notin awaiting[d]",
        "Answered(d, target) == TRUE",
        "DrainComplete",
    ),
    "preemption is disabled for ever": (
        "Machine",
        "![d] = @ - 1]",
        "![d] = @]",
        "TypeOK",
    ),
}


@pytest.mark.parametrize("mistake", thinned(MISTAKES, 3))
def test_a_mistake_is_seen(tmp_path: Path, mistake: str) -> None:
    module, right, wrong, violated = MISTAKES[mistake]
    modules = tmp_path / "tla"
    shutil.copytree(MODULES, modules)
    text = (modules / f"{module}.tla").read_text(encoding="utf-8")
    assert text.count(right) == 1
    (modules / f"{module}.tla").write_text(text.replace(right, wrong), encoding="utf-8")
    result = check(tmp_path, modules=modules, pages=2, invariants=violated)
    assert (result.outcome, result.violated) == ("violated", violated), result.reason


def test_the_modules_are_plain_enough_for_apalache() -> None:
    for path in sorted(MODULES.glob("*.tla")):
        code = "".join(line.partition("\\*")[0] for line in path.read_text(encoding="utf-8").splitlines(True))
        code = code.replace("(*", "\0").replace("*)", "\1")
        while "\0" in code:
            before, _, rest = code.partition("\0")
            code = before + rest.partition("\1")[2]
        for word in ("RECURSIVE", "CHOOSE", "LAMBDA", "INSTANCE", "Fold", "ENABLED", "Sequences"):
            assert word not in code, f"{path.name}: {word}"


def test_every_declaration_has_a_type() -> None:
    lines = (MODULES / "Machine.tla").read_text(encoding="utf-8").splitlines()
    names = [
        number
        for number, line in enumerate(lines)
        if line.startswith("  ") and line.strip(" ,").isidentifier()
    ]
    declared = [lines[number].strip(" ,") for number in names if number > lines.index("CONSTANTS")]
    assert len(declared) == 7 + 13
    for number in names:
        assert lines[number - 1].startswith("  \\* @type: ")
        assert lines[number - 1].endswith(";")
