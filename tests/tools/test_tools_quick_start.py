"""The classes that Java keeps of TLC: with them, without and with damaged ones TLC says the same."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pcpdrain.tools.engines import kept_classes, tlc
from pcpdrain.tools.engines.java import LONG_JAVA_OPTIONS, find_java, find_tla2tools
from pcpdrain.tools.engines.process import Finished, run_process
from pcpdrain.tools.engines.quick_start import keep_classes
from pcpdrain.tools.engines.tlc import TlcResult, run_tlc

MODULE = "---- MODULE Bit ----\nVARIABLE x\nInit == x = FALSE\nNext == x' = ~x\n====\n"


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The commands that start TLC; the classes are kept in a folder of the test."""
    started: list[list[str]] = []

    def run(command: list[str | Path], **options: object) -> Finished:
        started.append([str(word) for word in command])
        return run_process(command, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(tlc, "run_process", run)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return started


def flip(folder: Path, options: Sequence[str] = tlc.JAVA_OPTIONS) -> TlcResult:
    model = folder / "model"
    model.mkdir(exist_ok=True)
    (model / "Bit.tla").write_text(MODULE, encoding="utf-8")
    (model / "Bit.cfg").write_text("INIT Init\nNEXT Next\n", encoding="utf-8")
    return run_tlc(model, "Bit", "Bit.cfg", timeout=120, java_options=options)


def test_kept_once_and_used_from_then_on(commands: list[list[str]], tmp_path: Path) -> None:
    assert flip(tmp_path).outcome == "holds"
    assert keep_classes() == ""
    (kept,) = tmp_path.glob("*.aot*")
    assert keep_classes() == ""
    assert flip(tmp_path).outcome == "holds"
    without, first, used = commands
    assert not any("AOT" in word for word in without)
    assert any(word.startswith("-XX:AOTCacheOutput=") for word in first)
    assert f"-XX:AOTCache={kept}" in used


def test_damaged_ones_are_passed_over(commands: list[list[str]], tmp_path: Path) -> None:
    kept = kept_classes.classes_file(find_java(), find_tla2tools())
    assert kept is not None
    kept.write_bytes(b"no classes")
    result = flip(tmp_path)
    assert (result.outcome, result.distinct) == ("holds", 2)
    assert "aot" not in result.log.lower()
    assert f"-XX:AOTCache={kept}" in commands[0]


def test_long_runs_do_without(commands: list[list[str]], tmp_path: Path) -> None:
    kept = kept_classes.classes_file(find_java(), find_tla2tools())
    assert kept is not None
    kept.touch()
    assert flip(tmp_path, LONG_JAVA_OPTIONS).outcome == "holds"
    assert not any("AOT" in word for word in commands[0])


def test_a_run_that_fails_keeps_none(
    commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pcpdrain.tools.engines.quick_start.TIME_LIMIT", 0.01)
    assert "time limit" in keep_classes()
    assert len(commands) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("commands")
def test_a_folder_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/nowhere/at/all")
    assert "No such file" in keep_classes()


def test_an_older_java_keeps_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_classes, "java_identity", lambda _: 'JAVA_VERSION="21.0.4"\n')
    assert "older than 25" in keep_classes()
    assert kept_classes.options_to_use(find_java(), find_tla2tools(), tlc.JAVA_OPTIONS) == ()
