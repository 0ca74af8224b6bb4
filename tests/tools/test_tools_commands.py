"""The commands on good input: what they print, what they write, and with which status they end."""

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pcpdrain.codegen.library import SPEC, project_scopes, variant_files
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.tools.made_from import digests
from pcpdrain.tools.results import Finding
from pcpdrain.tools.show import results_table
from pcpdrain.tools.traces import FORMAT
from tests.tools.driving import Run, read_results, small_variant

KEYS = ["variant", "scope", "property", "expected", "found", "engine", "engine_version"]
KEYS += ["states", "transitions", "depth", "seconds", "trace", "confirmed_by"]

COMMANDS = ["check", "compile", "conformance", "engines", "fmt", "mutate", "new", "prove", "record", "replay"]
COMMANDS += ["review", "scorecard", "simulate", "steps", "validate"]

CHECKED = ["drain_complete", "drain_instant", "page_conservation", "no_useless_ipi", "never_stuck"]
CHECKED += ["unlocked_context"]
"""What applies to a variant without masks at a scope where calls have no end and no CPU goes."""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_and_names_the_arguments(pcpdrain: Run, command: str) -> None:
    assert f"  {command} " in pcpdrain("--help").output
    for text in (pcpdrain("--help").output, pcpdrain(command, "-h").output):
        assert max(map(len, text.splitlines())) <= 80
    assert f"Usage: pcpdrain {command} " in pcpdrain(command, "--help").output


def test_help_is_quick_because_no_compiler_and_no_engine_is_loaded() -> None:
    program = "import sys; import pcpdrain.tools.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert {"lark", "jinja2", "numpy", "rich.console"} & set(loaded.stdout.split()) == set()


def test_check_writes_what_it_found(pcpdrain: Run, tmp_path: Path) -> None:
    (tmp_path / "v.drain").write_text(
        small_variant("v", "no_useless_ipi violated in solo_one_zone;"), "utf-8"
    )
    traces = tmp_path / "out" / "traces"
    traces.mkdir(parents=True)
    for name in ("never_stuck", "no_useless_ipi"):
        (traces / f"v-solo_one_zone-{name}.json").write_text("older", "utf-8")
    result = pcpdrain("check", "v.drain", "v.drain", "--scope", "solo_one_zone", "--json", "out/r.json")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].split() == ["property", "expected", "found", "engine", "states", "time"]
    assert lines[1:3] == ["v", " solo_one_zone"]
    assert lines[3].split()[:4] == ["drain_complete", "-", "holds", "tlc"]
    assert lines[6].split()[:4] == ["no_useless_ipi", "violated", "violated", "tlc"]
    assert "apalache: not run (" in result.output
    assert lines[-1] == "1 of 1 expectations met; results in out/r.json"
    assert max(map(len, lines[:-2])) <= 80
    rows = json.loads((tmp_path / "out" / "r.json").read_text("utf-8"))
    assert [list(row) for row in rows] == [KEYS] * len(CHECKED)
    assert [row["property"] for row in rows] == CHECKED
    assert [row["found"] for row in rows] == ["holds", "holds", "holds", "violated", "holds", "holds"]
    assert [row["expected"] for row in rows] == [None, None, None, "violated", None, None]
    for row in rows:
        assert row["engine_version"].startswith("TLC2 Version ")
        assert row["states"] > 10
        assert row["transitions"] > 10
        assert row["seconds"] > 0
    assert [bool(row["trace"]) for row in rows] == [row["found"] == "violated" for row in rows]
    assert rows[3]["depth"] == len(rows[3]["trace"]["steps"]) + 1
    # A trace is one file and one entry; that of an older run, of what holds now, is gone.
    assert [path.name for path in traces.iterdir()] == ["v-solo_one_zone-no_useless_ipi.json"]
    trace = json.loads((traces / "v-solo_one_zone-no_useless_ipi.json").read_text("utf-8"))
    assert trace == rows[3]["trace"]
    assert trace["format"] == FORMAT
    # What the results were made from is beside them, and nothing but `v.drain` is from elsewhere.
    made_from = (tmp_path / "out" / "r.sha256").read_text("utf-8").splitlines()
    assert made_from[0].endswith("  r.json")
    assert made_from[1:-1] == [f"{digest}  {name}" for name, digest in digests().items()]
    assert made_from[-1].endswith("  v.drain")
    assert stat.S_IMODE((tmp_path / "out" / "r.json").stat().st_mode) == 0o644


def test_filters_leave_what_is_asked_for(pcpdrain: Run, tmp_path: Path) -> None:
    words = ("check", "global_ipi", "--scope", "solo_one_zone", "--property", "never_stuck", "--jobs", "1")
    result = pcpdrain(*words)
    assert result.exit_code == 0
    (row,) = read_results(tmp_path)
    assert (row["variant"], row["scope"], row["property"]) == ("global_ipi", "solo_one_zone", "never_stuck")
    assert result.output.splitlines()[-1] == "1 of 1 expectations met; results in build/results.json"


def test_the_table_fits_whatever_the_variant_is_called() -> None:
    findings = [
        Finding(
            "clear_then_set_mutex_interruptible",
            scope,
            name,
            "violated",
            "not_run",
            "tlc",
            "TLC",
            1234567,
            1,
            1,
            599.9,
        )
        for scope in ("solo", "racing_same_cpu")
        for name in PROPERTIES
    ]
    file = io.StringIO()
    Console(file=file, width=80, force_terminal=True, no_color=True).print(
        results_table(findings), soft_wrap=True
    )
    lines = file.getvalue().splitlines()
    assert len(lines) == 4 + len(findings)
    assert max(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) for line in lines) <= 80
    assert sum("not run !" in line for line in lines) == len(findings)


def test_steps_marks_each_step_with_its_context(pcpdrain: Run, tmp_path: Path) -> None:
    result = pcpdrain("steps", "clear_then_set_spinlock")
    assert result.exit_code == 0
    shown = [line.split(maxsplit=5) for line in result.output.splitlines() if "●" in line]
    assert ["9", "●", "on", "off", "drain_lock", "cpumask_clear(cpus_with_pcps);"] in shown
    assert ["30", "●", "off", "off", "drain_lock", "irqs_on: local_irq_enable();"] in shown
    listed = [line.strip() for line in result.output.splitlines()]
    first = listed.index("8                                   spin_lock(drain_lock);")
    assert listed[first + 1].split() == ["●", "on", "on", "-", "└", "preempt_disable"]
    assert listed[first + 2].split() == ["●", "on", "off", "-", "└", "spin_lock"]
    assert "● off  -       -                  └ as a handler that another CPU called" in result.output
    # Every step of the program is there, and every line of the variant.
    program = compile_file(
        next(path for path in variant_files() if path.stem == "clear_then_set_spinlock")
    ).program
    assert program.handler is not None
    assert result.output.count("●") == len(program.task.steps) + len(program.handler.steps)
    assert all(line.strip() in result.output for line in program.source.text.splitlines())


def test_steps_of_every_variant_can_be_shown(pcpdrain: Run) -> None:
    for path in variant_files():
        assert pcpdrain("steps", path).exit_code == 0


def test_steps_in_a_terminal_without_the_signs(tmp_path: Path) -> None:
    program = "from pcpdrain.tools.cli import main; main(['steps', 'global_ipi'])"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (["python"], ["global_ipi.py"]),
        (["ir"], ["global_ipi.json"]),
        (
            ["tla", "--scope", "solo", "--scope", "racing"],
            ["Allocator.tla", "Hotplug.tla", "MC_racing.cfg", "MC_racing.tla", "MC_solo.cfg", "MC_solo.tla",
             "Machine.tla", "Properties.tla", "State.tla", "global_ipi.tla"],
        ),
        (
            ["pytest", "--scope", "solo_one_zone"],
            ["solo_one_zone/graph.json", "solo_one_zone/paths.json", "solo_one_zone/program.py",
             "solo_one_zone/test_global_ipi_solo_one_zone.py"],
        ),
    ],
    ids=lambda value: value[0],
)  # fmt: skip
def test_compile_overwrites_its_own_files_only(
    pcpdrain: Run, tmp_path: Path, words: list[str], files: list[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine", "utf-8")
    first = out / files[0]
    first.parent.mkdir(exist_ok=True)
    first.write_text("older", "utf-8")
    result = pcpdrain("compile", "global_ipi", "--to", *words, "--out", "out")
    assert result.exit_code == 0
    assert sorted(result.output.split()) == [f"out/{name}" for name in files]
    found = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert found == sorted([*files, "mine.txt"])
    assert (out / "mine.txt").read_text("utf-8") == "mine"
    assert first.read_text("utf-8") != "older"


def test_compile_into_the_default_folder(pcpdrain: Run, tmp_path: Path) -> None:
    (tmp_path / "v.drain").write_text(small_variant("v"), "utf-8")
    assert pcpdrain("compile", "v.drain", "--to", "python").output == "build/v/python/v.py\n"
    assert (tmp_path / "build" / "v" / "python" / "v.py").is_file()


def test_conformance_of_a_size_leaves_no_suite_of_earlier(
    pcpdrain: Run, tmp_path: Path, monkeypatch: Any
) -> None:
    """A folder that is not a suite stays, as does a suite of somebody else's format."""
    made = tmp_path / "suites" / "gone" / "solo"
    mine = tmp_path / "suites" / "my" / "notes"
    for folder, text in (
        (made, '{"format":"pcpdrain-suite 1","variant":"gone"}'),
        (mine, '{"format":"mine"}'),
    ):
        folder.mkdir(parents=True)
        (folder / "graph.json").write_text(text, "utf-8")
    seen: list[tuple[str, str]] = []

    def generate(jobs: Any, _out: Path, _on_done: Any) -> list[str]:
        seen.extend((unit.program.name, scope.name) for unit, scope in jobs)
        return []

    monkeypatch.setattr("pcpdrain.tools.conformance.generate_suites", generate)
    assert pcpdrain("conformance", "--size", "tiny", "--out", "suites").exit_code == 0
    assert not made.exists()
    assert mine.exists()
    variants = {path.stem for path in (SPEC / "variants").glob("*.drain")}
    tiny = {scope.name for scope in project_scopes().ready.values() if scope.suites == "tiny"}
    assert set(seen) == {(variant, scope) for variant in variants for scope in tiny}


def test_conformance_takes_a_size_or_scopes(pcpdrain: Run) -> None:
    result = pcpdrain("conformance", "--size", "tiny", "--scope", "solo")
    assert result.exit_code == 2
    assert "give one of the two" in result.output


def test_conformance_writes_suites_that_pass(pcpdrain: Run, tmp_path: Path) -> None:
    result = pcpdrain("conformance", "global_ipi", "--scope", "solo_one_zone", "--out", "suites")
    assert result.exit_code == 0
    (line,) = result.output.splitlines()
    assert line.startswith("suites/global_ipi/solo_one_zone: ")
    assert " states, " in line
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "suites"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
