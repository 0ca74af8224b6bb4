"""Servers: of many searches in one Java each says what it says in a Java of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pcpdrain.tools.engines import servers as module
from pcpdrain.tools.engines.java import find_java, find_tla2tools
from pcpdrain.tools.engines.process import Finished, stop_all
from pcpdrain.tools.engines.servers import FEW, Servers, servers_for
from pcpdrain.tools.engines.tlc import TlcResult, run_tlc
from tests.tools.driving import Run, wait_until

UP = r"""---- MODULE Up ----
EXTENDS Integers, TLC
VARIABLES x, y
ASSUME TLCSet(1, 0)
limit == 9
step == x < limit /\ x' = x + 1 /\ y' = {x}
Init == x = 0 /\ y = {}
Next == step /\ TLCSet(1, TLCGet(1) + 1)
Seen == x
Small == x < 5
Even == x % 2 = 0
Told == x < limit \/ PrintT(<<"told", TLCGet(1), TLCGet("level")>>)
Reached == <>(x = 9)
Fair == Init /\ [][Next]_<<x, y>> /\ WF_<<x, y>>(Next)
Warned == Init /\ [][Next]_x
====
"""
"""`x`, `y` and `z`, `step` and `limit` are other things here than in `Down`."""

DOWN = r"""---- MODULE Down ----
EXTENDS Integers, Sequences
VARIABLES limit, z, step
x == limit > 0
y(n) == limit - n
Init == limit \in 3..5 /\ z = << >> /\ step = "none"
Next == x /\ limit' = y(1) /\ z' = Append(z, limit) /\ step' = IF step = "a" THEN "b" ELSE "a"
Small == Len(z) < 4
Told == limit >= 0
Reached == <>(limit = -1)
Fair == Init /\ [][Next]_<<limit, z, step>> /\ WF_<<limit, z, step>>(Next)
====
"""

SPECIFICATION = "INIT Init\nNEXT Next\n"
RUNS = "SPECIFICATION Fair\nPROPERTY Reached\n"
SEARCHES: list[tuple[str, str, dict[str, Any]]] = [
    ("Up", SPECIFICATION + "INVARIANT Small Even Told\n", {"survey": True}),
    ("Down", SPECIFICATION + "INVARIANT Small\n", {}),
    ("Down", RUNS, {}),
    ("Up", RUNS, {}),
    ("Down", RUNS, {}),
    ("Up", SPECIFICATION + "INVARIANT Told\n", {}),
    ("Down", SPECIFICATION, {"check_deadlock": True}),
    ("Up", SPECIFICATION + "VIEW Seen\n", {}),
    ("Up", "SPECIFICATION Warned\n", {}),
    ("Up", "SPECIFICATION Warned\n", {}),
    ("Up", SPECIFICATION + "INVARIANT Small Even\n", {}),
]
"""Searches that would go wrong, each, if something of the one before were left."""


@pytest.fixture
def servers() -> Iterator[Servers]:
    with Servers() as javas:
        yield javas


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "Up.tla").write_text(UP, encoding="utf-8")
    (tmp_path / "Down.tla").write_text(DOWN, encoding="utf-8")
    return tmp_path


def search(models: Path, name: str, config: str, servers: Servers | None = None, **options: Any) -> TlcResult:
    (models / "run.cfg").write_text(config, encoding="utf-8")
    options = {"timeout": 120, **options}
    result = run_tlc(models, name, "run.cfg", servers=servers, **options)
    assert servers is None or not servers.failure
    return result


def messages(result: TlcResult) -> list[str]:
    """What TLC says, but for times, processes and files of its own, and what it tells the user of Java."""
    text = re.sub(r"@!@!@STARTMSG 2401:.*?ENDMSG 2401 @!@!@\n", "", result.log, flags=re.DOTALL)
    text = re.sub(r"seed -?\d+|pid: \d+|/\S+/|\d+ ?ms|\d+s|\([\d,]+ d?s/min\)|\d{4}-\d\d-\d\d \S+", "", text)
    return text.splitlines()


def test_each_search_says_what_it_says_alone(models: Path, servers: Servers) -> None:
    outcomes = []
    for name, config, options in SEARCHES:
        alone = search(models, name, config, **options)
        among = search(models, name, config, servers=servers, **options)
        assert messages(among) == messages(alone), (name, config)
        assert (among.violations, among.told) == (alone.violations, alone.told)
        outcomes.append(among.outcome)
    assert outcomes == [
        *("violated", "violated", "violated", "holds", "violated"),
        *("holds", "deadlock", "holds", "holds", "holds", "violated"),
    ]
    assert len(servers._idle) == 1, "all of them were made by one server"


def test_an_error_in_a_model_is_told_and_is_not_the_next_one_s(models: Path, servers: Servers) -> None:
    (models / "Wrong.tla").write_text(UP.replace("MODULE Up", "MODULE Wrong").replace("x < 5", "x < ("))
    for name, config in [("Wrong", SPECIFICATION), ("Up", "INIT Init\nNEXT No\n")]:
        alone, among = search(models, name, config), search(models, name, config, servers)
        assert among.outcome == "error"
        assert among.reason == alone.reason
        assert search(models, "Down", SPECIFICATION, servers).outcome == "holds"


def endless(models: Path) -> str:
    (models / "Up.tla").write_text(UP.replace("limit == 9", "limit == 100000000"), encoding="utf-8")
    return SPECIFICATION + "VIEW Seen\n"


def test_a_time_limit_ends_the_server(models: Path, servers: Servers) -> None:
    search(models, "Down", SPECIFICATION, servers)
    ended = servers._idle[0].child._process
    result = search(models, "Up", endless(models), servers, timeout=1.0)
    assert (result.outcome, result.reason) == ("error", "TLC: stopped at the time limit, after 1 s")
    assert ended.returncode == -signal.SIGKILL
    assert search(models, "Down", SPECIFICATION, servers).outcome == "holds"


def test_a_server_that_is_killed_gives_no_verdict(models: Path, servers: Servers) -> None:
    config = endless(models)
    result = search(models, "Up", config, servers, on_progress=lambda _: stop_all())
    assert (result.outcome, result.reason) == ("error", "TLC: killed by signal 9 (SIGKILL)")
    assert search(models, "Down", SPECIFICATION, servers).outcome == "holds"


def test_a_server_that_dies_between_two_searches(models: Path, servers: Servers) -> None:
    search(models, "Down", SPECIFICATION, servers)
    killed = servers._idle[0].child._process
    killed.kill()
    killed.wait()
    assert search(models, "Down", SPECIFICATION, servers).outcome == "holds"


def test_servers_end_with_their_user(models: Path) -> None:
    """Also where that is killed and can do nothing about it."""
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from pcpdrain.tools.engines.servers import Servers; from pcpdrain.tools.engines.tlc import run_tlc\n"
        "run_tlc(Path(sys.argv[1]), 'Up', 'run.cfg', servers=Servers(),\n"
        "        on_progress=lambda _: os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    (models / "run.cfg").write_text(endless(models), encoding="utf-8")
    scratch = models / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    done = subprocess.run([sys.executable, "-c", program, str(models)], check=False, env=environment)
    assert done.returncode == -signal.SIGKILL
    wait_until(lambda: not alive(str(scratch)), 30)
    left = list(scratch.iterdir())
    assert len(left) == 1, "the folder of the search, which was its user's; that of the server is gone"


def alive(word: str) -> bool:
    """Whether a process with such a word in its command, which `ps` must not cut off, is there."""
    listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True)
    return word in listed.stdout


def test_of_another_tlc_nothing_is_known(models: Path, servers: Servers, tmp_path: Path) -> None:
    other = tmp_path / "other.jar"
    shutil.copy(find_tla2tools(), other)
    with other.open("ab") as file:
        file.write(b"\0")
    assert servers.search(find_java(), other, models, []) is None


def test_a_java_that_is_none_is_told_once(
    models: Path, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = tmp_path / "home" / "bin" / "java"
    assert servers.search(java, find_tla2tools(), models, []) is None
    assert "JVM" in servers.failure
    monkeypatch.setattr(module, "_Server", lambda *_: pytest.fail("it is tried once"))
    assert servers.search(java, find_tla2tools(), models, []) is None


def test_without_a_server_the_search_has_a_java_of_its_own(
    models: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> Finished | None:
        return None

    monkeypatch.setattr(servers, "search", none)
    assert search(models, "Down", SPECIFICATION, servers).outcome == "holds"


FIVE = ("global_ipi", "per_cpu_summary", "clear_then_set", "per_call_mask", "last_zone_decides")
CHECK = (
    "check",
    *FIVE,
    "--scope",
    "solo_once",
    "--property",
    "drain_complete",
    "--engine",
    "tlc",
    "--no-cache",
)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Finished | None]:
    """What the servers of a check answer."""
    answers: list[Finished | None] = []
    real = Servers.search

    def note(*words: object) -> Finished | None:
        answers.append(real(*words))  # type: ignore[arg-type]
        return answers[-1]

    monkeypatch.setattr(Servers, "search", note)
    return answers


@pytest.mark.parametrize(("words", "searches"), [(CHECK, 5), ((*CHECK, "--fresh-java"), 0)])
def test_a_check_of_many_uses_servers(
    pcpdrain: Run, made: list[Finished | None], words: tuple[str, ...], searches: int
) -> None:
    result = pcpdrain(*words)
    assert "a Java for each search" not in result.output
    assert len(made) == searches
    assert None not in made


def test_a_check_says_why_it_uses_none(
    pcpdrain: Run, made: list[Finished | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_library_of", lambda _: Path("/nowhere/libjvm.so"))
    result = pcpdrain(*CHECK)
    assert re.search(r"^tlc: a Java for each search: .*/nowhere/libjvm.so", result.output, re.MULTILINE)
    assert made == [None] * 5
    assert "without a verdict" not in result.output


def test_a_few_searches_need_none() -> None:
    with servers_for(FEW) as few, servers_for(FEW + 1) as many:
        assert few is None
        assert many is not None
