"""docs/adaptors.md: its example is the file it names, its commands run, its failure is what is printed."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pcpdrain.pcpref.failure import failure
from pcpdrain.pcpref.protocol import Implementation
from pcpdrain.pcpref.suite import Suite
from tests.adaptors.hands import HANDS, SCOPES, specification, write_suite
from tests.adaptors.own_allocator_adaptor import Adaptor, OwnAllocator, factory

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "tests" / "adaptors" / "own_allocator_adaptor.py"
GUIDE = (ROOT / "docs" / "adaptors.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def blocks(kind: str) -> list[str]:
    return [text for language, text in BLOCKS if language == kind]


def test_every_block_is_of_a_kind_that_is_tested_here() -> None:
    assert [language for language, _ in BLOCKS] == ["python", "python", "sh", "sh", "text"]
    assert GUIDE.count("```") == 2 * len(BLOCKS)


def test_the_example_is_the_file() -> None:
    assert blocks("python")[1] == EXAMPLE.read_text("utf-8")


def test_the_commands_run(tmp_path: Path) -> None:
    commands = "set -e\n" + "".join(blocks("sh")).replace("build/own", str(tmp_path / "own"))
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PCPDRAIN"))
    }
    done = subprocess.run(
        ["sh", "-c", commands], cwd=ROOT, env=plain, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^212 passed", done.stdout, re.MULTILINE)) == 2


def test_what_is_not_observed_is_not_compared(tmp_path: Path) -> None:
    suite = write_suite("solo_once", tmp_path)
    names: dict[str, type[Adaptor]] = {"Adaptor": Adaptor}
    exec(blocks("python")[0], names)
    partial = names["Partial"](**{name: getattr(suite.scope, name) for name in Adaptor.__dataclass_fields__})
    assert suite.not_observed(partial) == {"drain_all_pages.has_pcps"}
    for labels in suite.paths.values():
        suite.walk(labels, partial)


class Hoarder(OwnAllocator):
    def free(self, cpu: int) -> None:
        self.lists[cpu].appendleft(self.used.pop())
        if len(self.lists[cpu]) > self.high:
            self.drain(cpu, self.batch)


def test_the_failure_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = write_suite("solo_one_zone", tmp_path)
    assert first_story(suite, factory(suite)) == ""
    monkeypatch.setattr(OwnAllocator, "free", Hoarder.free)
    assert first_story(suite, factory(suite)).partition("\nAs a test:")[0] == blocks("text")[0]


def first_story(suite: Suite, implementation: Implementation) -> str:
    return next(filter(None, (failure(suite, path, implementation) for path in suite.paths)), "")


@pytest.mark.parametrize("scope", ["solo_once", "window_once"])
def test_the_table_names_every_variable_of_the_machine(scope: str) -> None:
    listed = set(re.findall(r"`(\w+)`", GUIDE.partition("| variable |")[2].partition("\n\n")[0]))
    shown = {name for name in specification(scope).variables if "." not in name}
    assert listed - {"idle"} == shown - {"cpus_with_pcps"}
    assert HANDS["python"](SCOPES[scope]).observe().keys() == set(specification(scope).variables)
