"""Expectations: flip any one, and the check fails and names it. A new variant is one new file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pcpdrain.codegen.ast import Expectation
from pcpdrain.codegen.library import SPEC, variant_files
from pcpdrain.codegen.pipeline import compile_file, compile_source
from pcpdrain.codegen.source import Source
from pcpdrain.tools.check import expectation, unmet
from pcpdrain.tools.results import Finding
from tests.thinning import thinned
from tests.tools.driving import PROGRAM, Run, small_variant

VARIANTS = {path.stem: compile_file(path) for path in variant_files()}
CHEAP = "solo_one_zone"
OTHER = {"holds": "violated", "violated": "holds"}


def lines_at_the_cheap_scope(name: str) -> list[Expectation]:
    """What a variant says of the scope that is checked quickly."""
    lines = VARIANTS[name].variant.expectations
    return [line for line in lines if CHEAP in [scope.text for scope in line.scopes]]


def flipped(name: str, line: Expectation) -> str:
    """The text of a variant in which one expectation says the opposite."""
    text = VARIANTS[name].program.source.text
    changed = line.span.text.replace(line.verdict, OTHER[line.verdict], 1)
    assert changed != line.span.text
    return text[: line.span.start] + changed + text[line.span.end :]


@pytest.mark.parametrize("name", thinned(filter(lines_at_the_cheap_scope, VARIANTS), 3))
def test_a_flipped_expectation_fails_the_check(pcpdrain: Run, tmp_path: Path, name: str) -> None:
    lines = lines_at_the_cheap_scope(name)
    line = next((line for line in lines if line.verdict == "violated"), lines[0])
    (tmp_path / "flipped.drain").write_text(flipped(name, line), "utf-8")
    words = ("--scope", CHEAP, "--property", line.property.text)
    result = pcpdrain("check", "flipped.drain", *words)
    assert result.exit_code == 1
    verdicts = f"{OTHER[line.verdict]} expected, {line.verdict} found"
    said = f"not as expected: {name}, {CHEAP}: {line.property.text} {verdicts}"
    assert [row for row in result.output.splitlines() if row.startswith("not as expected")] == [said]
    assert result.output.splitlines()[-1].startswith("0 of 1 expectations met; ")


@pytest.mark.parametrize("name", VARIANTS)
def test_each_flipped_expectation_is_unmet_where_it_speaks(name: str) -> None:
    """With what the unflipped lines say taken as found (that they are met, `make check-spec` shows)."""
    unit = VARIANTS[name]
    for line in unit.variant.expectations:
        changed = compile_source(Source(f"{name}.drain", flipped(name, line)))
        findings = [
            Finding(
                name,
                scope.text,
                other.property.text,
                expectation(changed, scope.text, other.property.text),
                other.verdict,
            )
            for other in unit.variant.expectations
            for scope in other.scopes
        ]
        wrong = {(finding.property, finding.scope) for finding in unmet(findings)}
        assert wrong == {(line.property.text, scope.text) for scope in line.scopes}


def test_a_variant_is_checked_from_any_folder(pcpdrain: Run, tmp_path: Path) -> None:
    away = tmp_path / "some" / "where"
    away.mkdir(parents=True)
    (away / "mine.drain").write_text(small_variant("mine"), "utf-8")
    result = pcpdrain("check", away / "mine.drain", "--scope", CHEAP, "--property", "drain_complete")
    assert result.exit_code == 0
    assert "1 of 1 expectations met" in result.output
    assert sorted(path.name for path in away.iterdir()) == ["mine.drain"]


def test_a_new_variant_is_one_new_file(tmp_path: Path) -> None:
    """In a copy of the project, a file dropped into spec/variants is checked and gets its suites."""
    package = tmp_path / "site" / "pcpdrain"
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("codegen", "pcpref", "tools", "spec"):
        shutil.copytree(SPEC.parent / folder, package / folder, ignore=ignore)
    for path in (package / "spec").rglob("*.drain"):
        if path.parent.name != "lib" and path.name != "global_ipi.drain":
            path.unlink()
    text = small_variant("mine", f"no_useless_ipi violated in {CHEAP};")
    (package / "spec" / "variants" / "mine.drain").write_text(text, "utf-8")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(package.parent), os.environ.get("PYTHONPATH", "")]),
    }

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words], cwd=tmp_path, env=environment, capture_output=True,
            text=True, check=False, timeout=240,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    checked = run("check", "--scope", CHEAP, "--property", "no_useless_ipi")
    assert [line for line in checked.splitlines() if line in ("global_ipi", "mine")] == ["global_ipi", "mine"]
    assert "2 of 2 expectations met" in checked
    made = run("conformance", "--scope", CHEAP).splitlines()
    assert [line.partition(":")[0] for line in made] == [
        f"build/conformance/{name}/{CHEAP}" for name in ("global_ipi", "mine")
    ]
    assert "mine.drain" in run("steps", "mine")
