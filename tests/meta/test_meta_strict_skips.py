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
SKIPPED = {
    "in_the_test": "import pytest\ndef test_it() -> None:\n    pytest.skip('not today')\n",
    "by_mark": "import pytest\n@pytest.mark.skip(reason='not today')\ndef test_it() -> None: ...\n",
    "whole_module": "import pytest\npytest.skip('not today', allow_module_level=True)\n",
    "xfail": "import pytest\n@pytest.mark.xfail(reason='not today')\ndef test_it() -> None: assert False\n",
}


@pytest.mark.parametrize("workers", thinned(["0", "2"], 2))
@pytest.mark.parametrize("kind", SKIPPED)
def test_a_skip_fails_a_strict_run_and_is_named(tmp_path: Path, kind: str, workers: str) -> None:
    done = run_pytest(tmp_path, PASSING + SKIPPED[kind], "--strict-skips", "-n", workers)
    assert done.returncode in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}, done.stdout
    assert "= skipped but not allowed =" in done.stdout
    assert "not today" in done.stdout


@pytest.mark.parametrize("kind", ["in_the_test", "by_mark", "xfail"])
def test_a_skip_passes_an_ordinary_run(tmp_path: Path, kind: str) -> None:
    done = run_pytest(tmp_path, PASSING + SKIPPED[kind])
    assert done.returncode == pytest.ExitCode.OK, done.stdout


def test_an_allowed_skip_is_shown_as_not_run(tmp_path: Path) -> None:
    body = PASSING + SKIPPED["in_the_test"].replace("not today", "engine absent: see README")
    done = run_pytest(tmp_path, body, "--strict-skips")
    assert done.returncode == pytest.ExitCode.OK, done.stdout
    assert "1 passed, 1 not run" in done.stdout
    assert "engine absent: see README" in done.stdout


def test_a_passing_strict_run_passes(tmp_path: Path) -> None:
    assert run_pytest(tmp_path, PASSING, "--strict-skips").returncode == pytest.ExitCode.OK
