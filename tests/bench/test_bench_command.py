"""`pcpdrain bench` as a command: what it refuses, and that nothing is half-written."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

from pcpdrain.tools.bench import campaign
from pcpdrain.tools.bench.results import as_json
from pcpdrain.tools.cli import main
from pcpdrain.tools.user_cache import user_cache
from tests.bench.cells import made_up, results


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bench(*words: str) -> Result:
    return CliRunner().invoke(main, ["bench", *words], prog_name="pcpdrain")


def measure_what_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign.measured_cells, "__defaults__", (made_up,))


def test_numbers_page_and_plots_are_written_together(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure_what_is_made_up(monkeypatch)
    done = bench("--only", "explorer", "--limit", "100", "--out", "b.json")
    assert done.exit_code == 0, done.output
    assert "per_cpu_summary 5x1x2 explorer: violated, 1,000,000 states, 2.0 s\n" in done.output
    assert sorted(path.name for path in folder.iterdir()) == [
        "b-speed.svg", "b-time.svg", "b.json", "b.md",
    ]  # fmt: skip


def test_the_page_is_made_again_from_the_numbers(folder: Path) -> None:
    (folder / "b.json").write_text(as_json(results()), encoding="utf-8")
    assert bench("--render", "--out", "b.json").exit_code == 0
    assert "# Benchmarks" in (folder / "b.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "Expecting value"),
        ("[]", "it is no JSON object"),
        ('{"format": 0}', "of another version"),
        ('{"format": 1}', "cells"),
        (as_json(results()).replace('"explorer"', '"guesser"', 1), "no tool is called 'guesser'"),
    ],
)
def test_numbers_that_are_none_are_refused_in_one_line(folder: Path, text: str, said: str) -> None:
    (folder / "b.json").write_text(text, encoding="utf-8")
    done = bench("--render", "--out", "b.json")
    assert done.exit_code == 2
    assert done.output.startswith("pcpdrain: error: b.json has no results of `pcpdrain bench`")
    assert said in done.output
    assert done.output.count("\n") == 1
    assert not (folder / "b.md").exists()


def test_numbers_that_are_not_there_are_told() -> None:
    done = bench("--render", "--out", "gone.json")
    assert (done.exit_code, done.output) == (
        2, "pcpdrain: error: cannot read gone.json: No such file or directory\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "b.md"], "--out must end in .json"),
        (["--limit", "0"], "0.0 is not in the range"),
        (["--only", "nothing"], "'nothing' is not one of"),
    ],
)
def test_options_that_say_nothing_are_refused(words: list[str], said: str) -> None:
    done = bench(*words)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_measured(folder: Path) -> None:
    (folder / "file").write_text("", encoding="utf-8")
    done = bench("--out", "file/b.json")
    assert done.exit_code == 2
    assert done.output.startswith("pcpdrain: error: cannot write into file: ")


def test_costs_of_drains_that_cannot_be_shown_are_told_before_anything_is_measured(folder: Path) -> None:
    (folder / "b-drains.json").write_text("{}", encoding="utf-8")
    done = bench("--out", "b.json")
    assert done.exit_code == 2
    assert done.output.startswith("pcpdrain: error: b-drains.json is not of this version; ")


def test_two_at_once_would_measure_each_other(folder: Path) -> None:
    user_cache().mkdir(parents=True, exist_ok=True)
    with FileLock(user_cache() / "bench.lock"):
        done = bench("--out", "b.json")
    assert done.exit_code == 1
    assert "another `pcpdrain bench` is measuring" in done.output
    assert list(folder.iterdir()) == []


def test_without_matplotlib_it_is_told_what_to_install_and_nothing_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = as_json(results())
    (folder / "b.json").write_text(text, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = bench("--render", "--out", "b.json")
    assert (done.exit_code, done.output) == (
        2, "pcpdrain: error: no matplotlib, which draws the plots; pip install matplotlib\n",
    )  # fmt: skip
    assert [path.name for path in folder.iterdir()] == ["b.json"]


def test_what_is_broken_off_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(campaign.measured_cells, "__defaults__", (interrupted,))
    done = bench("--out", "b.json")
    assert (done.exit_code, done.output) == (130, "pcpdrain: interrupted\n")
    assert list(folder.iterdir()) == []


def test_the_numbers_are_plain_json() -> None:
    data = json.loads(as_json(results()))
    assert data["cells"][0]["size"] == {"cpus": 2, "zones": 1, "drainers": 2}
