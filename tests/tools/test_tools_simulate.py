"""`pcpdrain simulate`: the same bytes whoever makes them, sweeps that are ended and resumed, bad input."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.chosen import variant_path
from pcpdrain.tools.simulate.parameters import OWN, read_parameters
from pcpdrain.tools.simulate.plan import runs_of
from pcpdrain.tools.simulate.sweep import Kept, sweep
from tests.tools.driving import Run, Start, runs, wait_until

TINY = """
[workloads.tiny]
like = "hackbench"
cpus = { value = 2, unit = "CPUs", source = "a choice" }
pages = { value = 128, unit = "pages", source = "a choice" }
watermark = { value = 16, unit = "pages", source = "a choice" }
processes = { value = 8, unit = "processes", source = "a choice" }
most_drains = { value = 20, unit = "drains", source = "a choice" }
"""
VARIANTS = ("last_zone_decides", "per_cpu_summary")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Parameters with a workload that takes a moment."""
    path = tmp_path / "tiny.toml"
    path.write_text(OWN.read_text("utf-8") + TINY, "utf-8")
    return path


def simulated(pcpdrain: Run, tiny: Path, *words: str, status: int = 0) -> str:
    result = pcpdrain("simulate", *words, "--workload", "tiny", "--parameters", tiny)
    assert result.exit_code == status, result.output
    return result.output


def test_the_same_runs_give_the_same_bytes_whatever_the_order_of_sets_is(tiny: Path, tmp_path: Path) -> None:
    found = []
    for seed in ("0", "1"):
        out = tmp_path / f"{seed}.json"
        words = [
            "simulate",
            *VARIANTS,
            "--workload",
            "tiny",
            "--parameters",
            tiny,
            "--seed",
            "1,2",
            "--json",
            out,
        ]
        subprocess.run(
            [sys.executable, "-c", "from pcpdrain.tools.cli import main; main()", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            timeout=120,
        )
        found.append(out.read_bytes())
    assert found[0] == found[1]
    rows = json.loads(found[0])
    assert [(row["variant"], row["seed"]) for row in rows] == [(v, s) for v in VARIANTS for s in (1, 2)]
    assert all(row["pcp_global_drain"] >= 10 for row in rows)


def test_the_number_of_workers_changes_nothing(tiny: Path, tmp_path: Path) -> None:
    compiled = [compile_file(variant_path(name)) for name in VARIANTS]
    planned = runs_of(compiled, read_parameters(tiny), "tiny", (2, 3), (1, 2))
    found = [
        sweep(planned, Kept(tmp_path / str(workers), resume=False), workers=workers) for workers in (1, 2, 5)
    ]
    assert found[0] == found[1] == found[2]
    files = [{path.name: path.read_bytes() for path in (tmp_path / n).iterdir()} for n in "125"]
    assert files[0] == files[1] == files[2]
    assert len(files[0]) == len(planned) + 1


def test_a_resumed_sweep_makes_only_what_is_missing(pcpdrain: Run, tiny: Path, tmp_path: Path) -> None:
    words = (*VARIANTS, "--seed", "1,2", "--json", "all.json")
    simulated(pcpdrain, tiny, *words)
    first = (tmp_path / "all.json").read_bytes()
    kept = sorted(path for path in (tmp_path / "build/simulation").iterdir() if path.name != "sweep.json")
    assert len(kept) == 4
    kept[0].unlink()
    kept[1].write_text("{half", "utf-8")
    before = {path: path.stat().st_mtime_ns for path in kept[2:]}
    simulated(pcpdrain, tiny, *words, "--resume")
    assert (tmp_path / "all.json").read_bytes() == first
    assert {path: path.stat().st_mtime_ns for path in kept[2:]} == before
    simulated(pcpdrain, tiny, *words)
    assert {path: path.stat().st_mtime_ns for path in kept[2:]} != before
    assert (tmp_path / "all.json").read_bytes() == first


def test_a_sweep_that_is_killed_leaves_whole_results_and_goes_on(
    pcpdrain: Run, start: Start, tiny: Path, tmp_path: Path
) -> None:
    words = ("simulate", *VARIANTS, "--workload", "tiny", "--parameters", tiny, "--seed")
    seeds = ",".join(map(str, range(1, 200)))
    folder = tmp_path / "build/simulation"
    process = start(*words, seeds)
    wait_until(lambda: folder.exists() and len(list(folder.glob("*.json"))) > 3)
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf-8").split()
    process.kill()
    process.wait()
    wait_until(lambda: not any(runs(int(worker)) for worker in workers))
    results = [path for path in folder.glob("*.json") if path.name != "sweep.json"]
    assert all("status" in json.loads(path.read_text("utf-8")) for path in results)
    assert pcpdrain(*words, "1,2", "--resume").exit_code == 0


def test_ctrl_c_ends_a_sweep_and_its_workers(start: Start, tiny: Path, tmp_path: Path) -> None:
    seeds = ",".join(map(str, range(1, 400)))
    process = start(
        "simulate", "per_cpu_summary", "--workload", "tiny", "--parameters", tiny, "--seed", seeds
    )
    folder = tmp_path / "build/simulation"
    wait_until(lambda: len(list(folder.glob("*.json"))) > 2)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output == "pcpdrain: interrupted\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cpus", "0"], "a machine of 0 CPUs: --cpus takes from 1 to 4096"),
        (["--cpus", "4,-2"], "a machine of -2 CPUs: --cpus takes from 1 to 4096"),
        (["--cpus", "5000"], "a machine of 5000 CPUs: --cpus takes from 1 to 4096"),
        (["--cpus", "four"], "'four' is not a list of whole numbers, such as 4,8"),
        (["--workload", "hackbensh"], "unknown workload `hackbensh`; did you mean `hackbench`?"),
        (
            ["--resume"],
            "build/simulation: there is no sweep to resume; run it without --resume to begin anew",
        ),
        (["--parameters", "none.toml"], "none.toml: No such file or directory"),
        (["--page", "p.md", "--seed", "2"], "--page and --growth each choose their own runs"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_words_that_make_no_simulation(pcpdrain: Run, tmp_path: Path, words: list[str], message: str) -> None:
    result = pcpdrain("simulate", *([] if "--page" in words else ["global_ipi"]), *words, *(
        [] if "--page" in words else ["--json", "out.json"]
    ))  # fmt: skip
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("atomic = {", "atomik = {", "costs.atomik: unknown parameter; did you mean `atomic`?"),
        ("range = [4, 25]", "range = [25, 4]", "costs.atomic: its range [25, 4] is upside down"),
        ("range = [4, 25]", "range = [9, 25]", "costs.atomic: its value 8 is outside its range [9, 25]"),
        ("range = [4, 25]", "rang = [4, 25]", "costs.atomic: unknown key `rang`; did you mean `range`?"),
        ("atomic = { value = 8", 'atomic = { value = "8"', "its value must be a number from 0 on, not '8'"),
        ("cpus = { value = 4", "cpus = { value = 4.5", "its value must be a whole number from 0 on, not 4.5"),
        ("zones = { value = 2", "zones = { value = 0", "workloads.hackbench.zones: "),
        ('like = "hackbench"', 'like = "hackbens"', "`hackbens` is no workload above this one; did you mean"),
        ("[costs]", "[cost]", "cost: unknown parameter; did you mean `costs`?"),
        ("[costs]", "[costs", "(at line "),
        ("churn = { value = 0.01", "churn = { valu = 0.01", "workloads.hackbench.churn: unknown key `valu`"),
    ],
)
def test_a_file_of_parameters_with_a_mistake(
    pcpdrain: Run, tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = OWN.read_text("utf-8")
    path = tmp_path / "p.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    result = pcpdrain("simulate", "global_ipi", "--parameters", "p.toml", "--json", "out.json")
    assert result.exit_code == 2
    (line,) = result.output.splitlines()
    assert line.startswith("pcpdrain: error: p.toml:")
    assert message in line
    where = text[: text.index(old)].count("\n") + 1
    assert f"p.toml:{where}: " in line or "(at line " in line
    assert sorted(item.name for item in tmp_path.iterdir()) == ["p.toml"]


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ('{"version": "0123"}', "build/simulation: made by version 0123 of the simulator, this is "),
        ("{", "build/simulation/sweep.json: damaged; run it without --resume to begin anew"),
    ],
)
def test_a_sweep_of_another_version_is_not_resumed(
    pcpdrain: Run, tiny: Path, tmp_path: Path, mark: str, message: str
) -> None:
    folder = tmp_path / "build/simulation"
    folder.mkdir(parents=True)
    (folder / "sweep.json").write_text(mark, "utf-8")
    output = simulated(pcpdrain, tiny, "global_ipi", "--resume", status=2)
    assert message in output
    assert len(output.splitlines()) == 1
    assert [path.name for path in folder.iterdir()] == ["sweep.json"]


def test_a_folder_with_something_else_is_left_alone(pcpdrain: Run, tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("words", "utf-8")
    output = simulated(pcpdrain, tiny, "global_ipi", "--folder", "mine", status=2)
    assert "mine: holds something else than a sweep; choose another --folder" in output
    assert (tmp_path / "mine/thesis.txt").read_text("utf-8") == "words"
