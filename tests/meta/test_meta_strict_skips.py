"""A strict run turns skips and expected failures into a failed run, and says which tests those were."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.thinning import thinned

CONFTEST = Path(__file__).parent.parent / "conftest.py"


def run_pytest(folder: Path, body: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(body, "utf-8")
    allow = '\nALLOWED_SKIPS["engine absent"] = "it is optional"\n'
    (folder / "conftest.py").write_text(CONFTEST.read_text("utf-8") + allow, "utf-8")
    shutil.copy(CONFTEST.parent.parent / "pyproject.toml", folder)
    environment = {"PATH": str(Path(sys.executable).parent), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_sample.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


PASSING = "def test_passes() -> None: ...\n"
IN_THE_TEST = "import pytest\ndef test_in_the_test() -> None:\n    pytest.skip('not today')\n"
SKIPPED = {
    "tests": IN_THE_TEST
    + "@pytest.mark.skip(reason='not at night')\ndef test_by_mark() -> None: ...\n"
    + "@pytest.mark.xfail(reason='not ever')\ndef test_xfail() -> None: assert False\n",
    "whole_module": "import pytest\npytest.skip('not today', allow_module_level=True)\n",
    "xfail": "import pytest\n@pytest.mark.xfail(reason='not ever')\ndef test_it() -> None: assert False\n",
}
REASONS = {
    "tests": ("not today", "not at night", "not ever"),
    "whole_module": ("not today",),
    "xfail": ("ever",),
}


@pytest.mark.parametrize("workers", thinned(["0", "2"], 2))
@pytest.mark.parametrize("kind", SKIPPED)
def test_a_skip_fails_a_strict_run_and_is_named(tmp_path: Path, kind: str, workers: str) -> None:
    done = run_pytest(tmp_path, PASSING + SKIPPED[kind], "--strict-skips", "-n", workers)
    assert done.returncode in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}, done.stdout
    named = done.stdout.partition("= skipped but not allowed =")[2]
    assert all(reason in named for reason in REASONS[kind]), done.stdout


def test_a_skip_passes_an_ordinary_run(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, PASSING + SKIPPED["tests"])
    assert done.returncode == pytest.ExitCode.OK, done.stdout


def test_an_allowed_skip_is_shown_as_not_run(tmp_path: Path) -> None:
    body = PASSING + IN_THE_TEST.replace("not today", "engine absent: see README")
    done = run_pytest(tmp_path, body, "--strict-skips")
    assert done.returncode == pytest.ExitCode.OK, done.stdout
    assert "1 passed, 1 not run" in done.stdout
    assert "engine absent: see README" in done.stdout


def test_a_passing_strict_run_passes(tmp_path: Path) -> None:
    assert run_pytest(tmp_path, PASSING, "--strict-skips").returncode == pytest.ExitCode.OK
