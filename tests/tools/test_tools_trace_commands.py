"""`pcpdrain record` and `pcpdrain validate`, and the example of docs/traces.md."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.tools.driving import Run

DOCS = Path(__file__).resolve().parents[2] / "docs" / "traces.md"


def example() -> str:
    (found,) = re.findall(r"```ndjson\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    return str(found)


def test_what_is_recorded_is_accepted_and_what_is_not_so_is_refused(pcpdrain: Run, tmp_path: Path) -> None:
    bounds = [
        "--cpus",
        "5",
        "--zones",
        "3",
        "--drainers",
        "0,3",
        "--leavers",
        "4",
        "--signals",
        "--alloc-fails",
    ]
    paths = [Path(name) for name in ("a.ndjson", "b.itf.json", "c.ndjson", "d.ndjson")]
    for path, form, variant in zip(
        paths, ("ndjson", "itf"), ("per_cpu_summary", "per_call_mask"), strict=False
    ):
        done = pcpdrain("record", variant, *bounds, "--steps", "50", "--format", form, "--out", str(path))
        assert (done.exit_code, done.output.strip()) == (0, str(path))
    paths[2].write_text(example(), "utf-8")
    paths[3].write_text(example().replace('"pcp[0][1]": 0', '"pcp[0][1]": 1'), "utf-8")
    found = pcpdrain("validate", *map(str, paths))
    assert found.exit_code == 1
    assert found.output.splitlines()[:4] == [
        f"{paths[0]}: accepted, 50 events of per_cpu_summary, scope own",
        f"{paths[1]}: accepted, 50 events of per_call_mask, scope own",
        f"{paths[2]}: accepted, 5 events of last_zone_decides, scope solo",
        f"{paths[3]}: refused at event 5, time 12.8",
    ]
    assert pcpdrain("validate", str(paths[2])).exit_code == 0


def test_every_field_of_an_event_is_in_the_page() -> None:
    fields = {name for line in example().splitlines()[1:] for name in json.loads(line)}
    page = DOCS.read_text("utf-8")
    assert fields == {"time", "cpu", "task", "zone", "count", "label", "seen"}
    assert [name for name in [*fields, "changed"] if f"`{name}`" not in page] == []


def test_the_same_words_record_the_same_trace(pcpdrain: Run) -> None:
    one, other = (pcpdrain("record", "global_ipi", "--scope", "racing", "--steps", "20") for _ in range(2))
    assert one.output == other.output
    head, *events = map(json.loads, one.output.splitlines())
    assert (head["scope"]["name"], len(events)) == ("racing", 21)
    assert pcpdrain("record", "global_ipi", "--scope", "racing", "--seed", "2").output != one.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--scope", "sollo"], "did you mean `solo`?"),
        (["--cpus", "17"], "17 is not in the range"),
        (["--cpus", "2", "--drainers", "0,2"], "--drainers has CPU 2, and the CPUs are 0 to 1"),
        (["--drainers", ""], "--drainers names no CPU"),
        (["--drainers", "0;1"], "'0;1' is no list of CPUs; write 0,3,3"),
        (["--leavers", "0"], "--leavers names a CPU twice, or one where a task lives"),
        (["--steps", "-1"], "-1 is not in the range"),
        (["--format", "xml"], "'xml' is not one of"),
    ],
)
def test_bounds_of_no_machine_are_refused(words: list[str], message: str, pcpdrain: Run) -> None:
    done = pcpdrain("record", "global_ipi", *words)
    assert done.exit_code == 2
    assert message in done.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (example().replace("d0:call", "d0:call\x00"), ":4: not JSON, or cut off"),
        (example().replace('"cpu": 0', '"cpu": true'), ":3: `cpu` is True; it must be a whole number"),
        ("", ":1: not JSON"),
    ],
)
def test_a_damaged_file_is_one_line_and_status_2(
    text: str, message: str, pcpdrain: Run, tmp_path: Path
) -> None:
    path = tmp_path / "bad.ndjson"
    path.write_text(text, "utf-8")
    done = pcpdrain("validate", str(path))
    assert done.exit_code == 2
    assert done.output.startswith(f"pcpdrain: error: {path}{message}")
    assert len(done.output.splitlines()) == 1


def test_no_file_is_a_mistake(pcpdrain: Run, tmp_path: Path) -> None:
    assert pcpdrain("validate").exit_code == 2
    assert "No such file" in pcpdrain("validate", str(tmp_path / "none")).output


def test_a_machine_that_breaks_down_is_told(pcpdrain: Run) -> None:
    done = pcpdrain("record", "page_twice", "--steps", "2000")
    assert done.exit_code == 2
    assert "the reference machine breaks down at step" in done.output
