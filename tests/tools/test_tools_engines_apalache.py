"""The driver of Apalache: the ways in which a run can end are told apart, and one alone is "no error"."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from pcpdrain.tools.engines.apalache import ApalacheResult, Obligation, check_obligation, check_types
from pcpdrain.tools.engines.apalache_found import find_apalache, installed_folder
from pcpdrain.tools.engines.java import EngineMissing, find_java
from pcpdrain.tools.engines.process import stop_all
from tests.tools.driving import runs, wait_until
from tests.tools.standing_in import StandIn, put_stand_in

MODULE = """---- MODULE M ----
VARIABLE
  \\* @type: Int;
  x
Init == x = 0
Next == x' = x
Inv == x = 0
====
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "model" / "M.tla"
    path.parent.mkdir()
    path.write_text(MODULE, "utf-8")
    return path


def induction(module: Path) -> list[Obligation]:
    return [
        Obligation("initiation", module, "Ind", "ConstInit"),
        Obligation("consecution", module, "Ind", "ConstInit", init="IndInit", length=1),
        Obligation("property", module, "DrainComplete", "ConstInit", init="IndInit"),
    ]


def check(module: Path, **options: float) -> ApalacheResult:
    obligation = Obligation("some", module, "Inv", "ConstInit", length=3)
    return check_obligation(obligation, **{"timeout": 60, **options})  # type: ignore[arg-type]


def test_obligations_that_hold(module: Path, stand_in: StandIn) -> None:
    stand_in("holds")
    before = sorted(module.parent.iterdir())
    for obligation in induction(module):
        result = check_obligation(obligation, timeout=60, smt_timeout=30)
        assert (result.outcome, result.failure, result.reason, result.itf) == ("no error", None, "", None)
        assert result.version == "0.62.1"
        assert f"Set an invariant to {obligation.inv}" in result.log
    assert sorted(module.parent.iterdir()) == before


def test_a_violation_comes_with_its_counterexample(module: Path, stand_in: StandIn, tmp_path: Path) -> None:
    (tmp_path / "some.itf.json").write_text('{"states": []}', "utf-8")
    stand_in("violated", itf=tmp_path / "some.itf.json")
    result = check(module)
    assert (result.outcome, result.failure, result.itf) == ("violated", None, '{"states": []}')


def test_types(module: Path, stand_in: StandIn) -> None:
    stand_in("holds")
    assert check_types(module).outcome == "no error"
    stand_in("types")
    result = check_types(module)
    assert (result.outcome, result.failure) == ("failed", "type")
    assert result.reason == (
        "Apalache: the types do not fit: "
        "[M.tla:71:35-71:43]: Arguments to = should have the same type, in expression lock = {}"
    )


FAILURES = {
    "parse": (
        "parse",
        "cannot parse the module: Syntax errors: *** Errors: 1 In module AP_bad Could not parse",
    ),
    "types": ("type", "the types do not fit: [M.tla:71:35-71:43]: Arguments to ="),
    "assignment": ("evaluate", "cannot evaluate the module: Assignment error: M.tla:155:12-155:56: Missing"),
    "unsupported": ("evaluate", "cannot evaluate the module: M.tla:9:3-9:9: unsupported expression: CHOOSE"),
    "bad_config": ("evaluate", "cannot evaluate the module: Configuration error (see the manual)"),
    "short": ("short", "no run is as long as the 3 steps that were asked for, so they were not checked"),
    "smt": ("smt", "the SMT solver gave up at its time limit"),
    "smt_outcome": ("smt", "the SMT solver gave up at its time limit"),
    "smt_transition": ("smt", "the SMT solver gave up at its time limit"),
    "memory": ("memory", "Java ran out of memory (4096 MB)"),
    "disk": ("disk", "the disk is full"),
    "killed": ("killed", "killed by signal 9 (SIGKILL)"),
    "old": (
        "version",
        "it is version 0.47.2, and 0.62 or newer is needed; `pcpdrain engines install apalache`",
    ),
    "very_old": ("version", "it is version 0.25.10, and 0.62 or newer is needed"),
    "strange": ("version", "it is version SNAPSHOT, and 0.62 or newer is needed"),
    "old_java": ("java", "this Java does not run it: Exception in thread main java.lang.Unsupported"),
    "garbage": ("garbage", "does not answer as Apalache does (exit status 0); it says: EXITCODE: OK"),
    "silent": ("garbage", "does not answer as Apalache does (exit status 0); it says: nothing"),
    "cut_off": ("garbage", "does not answer as Apalache does (exit status 0); it tells exit status None"),
    "other_status": ("garbage", "does not answer as Apalache does (exit status 3); it tells exit status 0"),
    "other_length": ("garbage", "does not answer as Apalache does (exit status 0); it says: EXITCODE: OK"),
    "other_invariant": (
        "garbage",
        "does not answer as Apalache does (exit status 0); it never says: Set an inv",
    ),
    "no_constants": (
        "garbage",
        "does not answer as Apalache does (exit status 0); it never says: Set the constant init",
    ),
    "violated_and_no_error": (
        "garbage",
        "does not answer as Apalache does (exit status 0); it also says: State 1: state invariant 0",
    ),
    "two_outcomes": (
        "garbage",
        "does not answer as Apalache does (exit status 0); it also says: The outcome is: Error",
    ),
    "an_error_besides": (
        "garbage",
        "does not answer as Apalache does (exit status 0); it also says: Unhandled exception: java",
    ),
    "deadlock": (
        "garbage",
        "does not answer as Apalache does (exit status 12); it says: EXITCODE: ERROR (12)",
    ),
    "violated": ("garbage", "says that the invariant is violated, and shows no counterexample that can"),
}
"""What the stand-in does, and what the driver makes of it. The last one leaves no file behind."""


@pytest.mark.parametrize("scenario", FAILURES)
def test_a_run_without_an_answer_says_why(module: Path, stand_in: StandIn, scenario: str) -> None:
    stand_in(scenario)
    result = check(module)
    failure, reason = FAILURES[scenario]
    assert (result.outcome, result.failure, result.itf) == ("failed", failure, None)
    assert result.reason.startswith(f"Apalache: {reason}")
    assert "\n" not in result.reason


def test_a_newer_version_is_used(module: Path, stand_in: StandIn) -> None:
    stand_in("newer")
    assert (check(module).outcome, check(module).version) == ("no error", "0.70.0")


def test_a_run_that_hangs_is_stopped_with_its_children(
    module: Path, stand_in: StandIn, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    stand_in("hang", pids=pids)
    result = check(module, timeout=3)
    assert (result.outcome, result.failure) == ("failed", "stopped")
    assert result.reason == "Apalache: stopped at the time limit, after 3 s"
    assert len(list(pids.iterdir())) == 2
    wait_until(lambda: not any(runs(int(pid.name)) for pid in pids.iterdir()))


def test_a_run_that_is_stopped_from_outside_has_no_answer(
    module: Path, stand_in: StandIn, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    stand_in("hang", pids=pids)
    found: list[ApalacheResult] = []
    thread = threading.Thread(target=lambda: found.append(check(module)))
    thread.start()
    wait_until(lambda: len(list(pids.iterdir())) == 2)
    stop_all()
    thread.join(timeout=30)
    assert (found[0].outcome, found[0].failure) == ("failed", "killed")
    wait_until(lambda: not any(runs(int(pid.name)) for pid in pids.iterdir()))


def test_no_room_for_the_model(module: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in("holds")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy", full)
    result = check(module)
    assert (result.outcome, result.failure, result.reason) == ("failed", "disk", "Apalache: the disk is full")


def test_a_program_that_cannot_be_started(module: Path, stand_in: StandIn) -> None:
    program = Path(stand_in("holds")["APALACHE_HOME"]) / "bin" / "apalache-mc"
    program.write_text("#!/no/such/interpreter\n", "utf-8")
    result = check(module)
    assert (result.outcome, result.failure) == ("failed", "start")
    assert result.reason.startswith("Apalache: cannot be started: ")


def test_what_others_have_set_changes_no_run(
    module: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "environment"
    program = Path(stand_in("holds")["APALACHE_HOME"]) / "bin" / "apalache-mc"
    text = program.read_text("utf-8").replace("exec", f"env > {told}; command -v java >> {told}; exec", 1)
    program.write_text(text, "utf-8")
    monkeypatch.setenv("JVM_ARGS", "-Xmx1m")
    monkeypatch.setenv("RUN_DIR", "/elsewhere")
    monkeypatch.setenv("SMT_ENCODING", "arrays")
    assert check(module, memory=2048).outcome == "no error"
    lines = told.read_text("utf-8").splitlines()
    assert "JVM_ARGS=-Xmx2048m -Xss16m" in lines
    assert not [line for line in lines if line.startswith(("RUN_DIR=", "SMT_ENCODING="))]
    (scratch,) = [line.removeprefix("TMPDIR=") for line in lines if line.startswith("TMPDIR=")]
    assert not Path(scratch).exists()
    assert Path(lines[-1]).parent == find_java().parent


def test_where_it_is_found(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APALACHE_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path" / "bin"))
    with pytest.raises(EngineMissing, match="Apalache is not here; `pcpdrain engines install apalache`"):
        find_apalache()
    places = {"cache": installed_folder(), "PATH": tmp_path / "path", "APALACHE_HOME": tmp_path / "home"}
    assert own_cache in installed_folder().parents
    for where, folder in places.items():
        program = put_stand_in(folder)
        monkeypatch.setenv(where, str(folder)) if where == "APALACHE_HOME" else None
        assert (find_apalache().where, find_apalache().program) == (where, program)


def test_a_home_without_a_program_is_an_error_and_not_passed_over(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_stand_in(installed_folder())
    monkeypatch.setenv("APALACHE_HOME", str(tmp_path))
    with pytest.raises(EngineMissing, match=r"APALACHE_HOME names .* no program; correct it, or unset it"):
        find_apalache()


def test_without_java_there_is_no_apalache(
    module: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("holds")
    monkeypatch.setattr("pcpdrain.tools.engines.java._package_directory", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineMissing, match="no Java found"):
        check(module)
