"""The hand-written TLA+ (spec/tla) under TLC: with a small program by hand, and with mistakes put into it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pcpdrain.tools.engines.tlc import TlcResult, run_tlc
from tests.spec.mistakes import ANY_HANDLER, HELD, MISTAKES
from tests.thinning import thinned

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "spec" / "tla"
MODELS = Path(__file__).resolve().parent / "models"


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
    leavers: str = "{}",
    signals: str = "FALSE",
    count_window: str = "FALSE",
    calls: int = 0,
    peeks: str = "FALSE",
    handler: str = "drain",
    invariants: str = HELD,
    modules: Path = MODULES,
) -> TlcResult:
    """Check a model in a scope; `folder` is for the configuration."""
    config = folder / "scope.cfg"
    program = f'Peeks = {peeks} Handler = "{handler}"\n' if model == "CallEverybody" else ""
    config.write_text(
        f"INIT Init\nNEXT Next\nINVARIANTS {invariants}\nCONSTANTS\n"
        f"Cpus = {set_of(cpus)} Zones = {set_of(zones)} Tasks = {set_of(tasks)} Home <- {home}\n"
        f"Pages = {pages} High = {high} Batch = {batch} Leavers = {leavers} Signals = {signals}\n"
        f"AllocFails = FALSE CountWindow = {count_window} Calls = {calls}\n{program}",
        encoding="utf-8",
    )
    return run_tlc(MODELS, model, config, library=[modules], timeout=300)


def operators(result: TlcResult) -> list[str | None]:
    """The steps of a counterexample."""
    return [operator for operator, _ in result.trace[1:]]


SCOPES: dict[str, tuple[dict[str, Any], int, int]] = {
    "hotplug": ({"zones": 2, "leavers": "{1}"}, 6736, 2180),
    "solo": ({"zones": 2}, 2599, 769),
    "two_pages": ({"zones": 2, "pages": 2}, 18698, 3692),
    "count_window": ({"count_window": "TRUE", "pages": 2}, 1276, 464),
    "racing_same_cpu": ({"tasks": 2, "home": "TwoOnCpuZero"}, 4433, 1777),
    "three_cpus": ({"cpus": 3, "pages": 2, "batch": 2}, 8945, 2138),
    "signals_and_hotplug": ({"cpus": 3, "leavers": "{1, 2}", "signals": "TRUE", "calls": 1}, 28225, 7664),
    "one_cpu": ({"cpus": 1, "pages": 3, "high": 3, "batch": 2}, 203, 94),
    "racing": ({"tasks": 2}, 13379, 4524),
    "window_and_hotplug": ({"count_window": "TRUE", "leavers": "{1}", "calls": 2}, 2038, 889),
}


@pytest.mark.parametrize("scope", thinned(SCOPES, 3))
def test_calling_everybody_keeps_all_but_the_peace(tmp_path: Path, scope: str) -> None:
    constants, transitions, states = SCOPES[scope]
    result = check(tmp_path, **constants)
    assert (result.outcome, result.reason) == ("holds", "")
    assert (result.generated, result.distinct) == (transitions, states)


def test_calling_everybody_disturbs_a_cpu_without_pages(tmp_path: Path) -> None:
    result = check(tmp_path, invariants=f"{HELD} NoUselessIpi")
    assert (result.outcome, result.violated) == ("violated", "NoUselessIpi")
    assert operators(result) == ["call", "preempt_disable", "send"]
    assert result.trace[-1][1]["call_queue"] == (frozenset(), frozenset({0}))
    assert result.trace[-1][1]["had_pages"] == (frozenset(),)
    assert result.trace[-1][1]["called"] == (frozenset({1}),)


def test_who_goes_by_the_count_misses_a_page_that_is_linked_only(tmp_path: Path) -> None:
    result = check(tmp_path, peeks="TRUE", count_window="TRUE")
    assert (result.outcome, result.violated) == ("violated", "DrainComplete")
    assert operators(result)[:2] == ["link", "call"]
    assert not {"count", "send"} & set(operators(result))
    state = result.trace[-1][1]
    assert state["owes"] == (frozenset({(1, 0)}),)
    assert (state["pcp"], state["linking"]) == (((0,), (0,)), (-1, 0))


@pytest.mark.exhaustive
def test_who_goes_by_the_count_is_right_but_for_that(tmp_path: Path) -> None:
    result = check(tmp_path, peeks="TRUE", leavers="{1}", zones=2, invariants=f"{HELD} NoUselessIpi")
    assert (result.outcome, result.reason) == ("holds", "")


def test_an_early_acknowledgement_lets_the_caller_go_too_soon(tmp_path: Path) -> None:
    result = check(tmp_path, handler="ack_early", invariants=f"{ANY_HANDLER} DrainComplete")
    assert (result.outcome, result.violated) == ("violated", "DrainComplete")
    assert operators(result)[-7:-4] == ["ack_early", "wait", "irq_disable"]
    assert result.trace[-1][1]["serving"] == (-1, 0)


@pytest.mark.exhaustive
def test_a_call_after_an_early_acknowledgement_is_answered_for_itself(tmp_path: Path) -> None:
    result = check(tmp_path, handler="ack_early", tasks=2, calls=2, invariants=ANY_HANDLER)
    assert (result.outcome, result.reason) == ("holds", "")


@pytest.mark.parametrize(
    ("handler", "buddy", "on_list"),
    [("forget", 0, 0), pytest.param("duplicate", 1, 1, marks=pytest.mark.exhaustive)],
)
def test_pages_lost_and_pages_doubled_are_seen(
    tmp_path: Path, handler: str, buddy: int, on_list: int
) -> None:
    result = check(tmp_path, handler=handler, calls=1)
    assert (result.outcome, result.violated) == ("violated", "PageConservation")
    assert operators(result)[-1] == handler
    state = result.trace[-1][1]
    assert (state["buddy"], state["in_use"], state["pcp"]) == ((buddy,), (0,), ((0,), (on_list,)))


REACHED = {
    "NobodyNotified": ["free", "call", "offline"],
    "NobodyOwes": ["free", "call"],
    "NobodyFull": ["free", "call"],
    "NoPages": ["link"],
    "NobodyGone": ["call", "offline"],
    "NobodyIsSignalled": ["call", "signal"],
    "NobodyCalled": ["call", "preempt_disable", "send"],
}


@pytest.mark.parametrize("never", thinned(REACHED, 10))
def test_what_the_properties_speak_of_happens(tmp_path: Path, never: str) -> None:
    window = "TRUE" if never == "NoPages" else "FALSE"
    result = check(tmp_path, leavers="{1}", signals="TRUE", count_window=window, invariants=never)
    assert (result.outcome, result.violated) == ("violated", never)
    assert sorted(map(str, operators(result))) == sorted(REACHED[never])


def test_values(tmp_path: Path) -> None:
    result = check(
        tmp_path, model="Values", cpus=4, zones=2, home="HomeZero", invariants="TypeOK PageConservation"
    )
    assert (result.outcome, result.distinct) == ("holds", 1), result.reason


@pytest.mark.parametrize(
    "constants",
    thinned(
        [
            {"leavers": "{0}"},  # the home of task 0
            {"batch": 0},
            {"high": 0},
            {"leavers": "{2}"},
            {"cpus": 2, "tasks": 3},  # task 2 would be at home on CPU 2
        ],
        10,
    ),
    ids=str,
)
def test_a_scope_without_sense_is_refused(tmp_path: Path, constants: dict[str, Any]) -> None:
    result = check(tmp_path, **constants)
    assert result.outcome == "error"
    assert "Assumption" in result.reason


@pytest.mark.parametrize("name", thinned(MISTAKES, 6))
def test_a_mistake_is_seen(tmp_path: Path, name: str) -> None:
    mistake = MISTAKES[name]
    modules = tmp_path / "tla"
    shutil.copytree(MODULES, modules)
    path = modules / f"{mistake.module}.tla"
    text = path.read_text(encoding="utf-8")
    assert text.count(mistake.right) == 1
    path.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")
    scope = {"pages": 2, **mistake.scope}
    result = check(tmp_path, modules=modules, invariants=mistake.violates, **scope)
    assert (result.outcome, result.violated) == ("violated", mistake.violates), result.reason


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "scope", {str(mistake.scope): mistake.scope for mistake in MISTAKES.values()}.values(), ids=str
)
def test_without_the_mistakes_it_holds(tmp_path: Path, scope: dict[str, Any]) -> None:
    violated = {mistake.violates for mistake in MISTAKES.values() if mistake.scope == scope}
    result = check(tmp_path, invariants=" ".join(violated), **{"pages": 2, **scope})
    assert (result.outcome, result.reason) == ("holds", "")


def test_the_modules_are_plain_enough_for_apalache() -> None:
    for path in sorted(MODULES.glob("*.tla")):
        code = "".join(line.partition("\\*")[0] for line in path.read_text(encoding="utf-8").splitlines(True))
        code = code.replace("(*", "\0").replace("*)", "\1")
        while "\0" in code:
            before, _, rest = code.partition("\0")
            code = before + rest.partition("\1")[2]
        for word in ("RECURSIVE", "CHOOSE", "LAMBDA", "INSTANCE", "Fold", "ENABLED", "Sequences"):
            assert word not in code, f"{path.name}: {word}"


@pytest.mark.parametrize(("module", "constants", "variables"), [("State", 12, 20), ("Buddy", 3, 6)])
def test_every_declaration_has_a_type(module: str, constants: int, variables: int) -> None:
    lines = (MODULES / f"{module}.tla").read_text(encoding="utf-8").splitlines()
    names = [
        number
        for number, line in enumerate(lines)
        if line.startswith("  ") and line.strip(" ,").isidentifier()
    ]
    assert len([number for number in names if number > lines.index("CONSTANTS")]) == constants + variables
    for number in names:
        assert lines[number - 1].startswith("  \\* @type: ")
        assert lines[number - 1].endswith(";")
