"""The wheel holds one import package with all code and data, and works from an unrelated folder."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("codegen", "pcpref", "tools", "spec")
CARRIED = {
    ".py",
    ".lark",
    ".j2",
    ".h",
    ".drain",
    ".tla",
    ".cfg",
    ".toml",
    ".md",
    ".json",
    ".typed",
    ".js",
    ".css",
    ".pml",
}


def run(*command: str | Path, cwd: Path) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_"))}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=clean)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, so that no file of an earlier build can get into it. No network."""
    copy = tmp_path_factory.mktemp("source") / "pcpdrain"
    copy.mkdir()
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, copy)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    out = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps", "--no-index")
    run(*pip, "--no-build-isolation", "--wheel-dir", out, copy, cwd=out)
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a fresh environment that borrows this one's dependencies; return its bin."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=True, with_pip=False)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install")
    run(*pip, "--no-deps", "--no-index", wheel, cwd=home)
    # A path in a .pth file comes last and runs no .pth files of its own: no editable install is seen.
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    (Path(site) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return home / "bin"


def members(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_adds_one_name_to_site_packages(wheel: Path) -> None:
    tops = {member.split("/", 1)[0] for member in members(wheel)}
    assert tops == {"pcpdrain", next(top for top in tops if re.fullmatch(r"pcpdrain-[\w.]+\.dist-info", top))}


def test_the_wheel_holds_every_file_of_the_folders(wheel: Path) -> None:
    expected = {
        f"pcpdrain/{path.relative_to(ROOT).as_posix()}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.suffix in CARRIED and path.is_file()
    }
    held = {member for member in members(wheel) if member.startswith("pcpdrain/")}
    assert held == expected


def test_a_folder_has_no_file_of_a_kind_that_would_be_left_out() -> None:
    kinds = {path.suffix for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert kinds - {".pyc"} <= CARRIED


def test_every_folder_with_code_is_a_package() -> None:
    folders = {path.parent for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_command_runs_from_an_unrelated_folder(installed: Path, tmp_path: Path) -> None:
    assert "Usage: pcpdrain" in run(installed / "pcpdrain", "--help", cwd=tmp_path)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert run(installed / "pcpdrain", "--version", cwd=tmp_path).split() == ["pcpdrain", version]


def test_the_installed_command_checks_a_file_anywhere(installed: Path, tmp_path: Path) -> None:
    variant = shutil.copy(ROOT / "spec" / "variants" / "global_ipi.drain", tmp_path / "my.drain")
    command = (installed / "pcpdrain", "check", variant, "--scope", "solo_one_zone")
    assert "6 of 6 expectations met" in run(*command, cwd=tmp_path)
    assert (tmp_path / "build" / "results.json").is_file()


IMPORT_ALL = """
import importlib, pkgutil, sys
from pathlib import Path
import pcpdrain.codegen, pcpdrain.pcpref, pcpdrain.tools, pcpdrain.spec
for package in (pcpdrain.codegen, pcpdrain.pcpref, pcpdrain.tools, pcpdrain.spec):
    assert Path(package.__file__).is_relative_to(sys.prefix), package.__file__
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(len([name for name in sys.modules if name.startswith("pcpdrain.")]))
"""


def test_every_installed_module_can_be_imported(installed: Path, tmp_path: Path) -> None:
    modules = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    assert int(run(installed / "python", "-W", "error", "-c", IMPORT_ALL, cwd=tmp_path)) == len(modules)


READ_DATA = """
from importlib import resources
spec = resources.files("pcpdrain.spec")
for folder, suffix in (("variants", ".drain"), ("lib", ".drain"), ("tla", ".tla")):
    for entry in (spec / folder).iterdir():
        if entry.name.endswith(suffix):
            assert entry.read_text("utf-8"), entry
            print(folder + "/" + entry.name)
assert (spec / "scopes.toml").read_text("utf-8")
assert (resources.files("pcpdrain.codegen") / "grammar.lark").read_text("utf-8")
"""


def test_installed_data_is_readable_as_resources(installed: Path, tmp_path: Path) -> None:
    kinds = ["variants/*.drain", "lib/*.drain", "tla/*.tla"]
    expected = {f"{path.parent.name}/{path.name}" for kind in kinds for path in (ROOT / "spec").glob(kind)}
    assert set(run(installed / "python", "-c", READ_DATA, cwd=tmp_path).split()) == expected


def test_the_constraints_pin_every_dependency_and_name_no_index() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []
    pinned = {pin.split("==")[0].lower().replace("_", "-") for pin in pins}
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert {re.match(r"[\w-]+", need)[0].lower() for need in wanted} <= pinned  # type: ignore[index]
