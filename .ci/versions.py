"""Generate the tiny suites with each supported version of Python that is here, and compare them byte by byte.

Each version gets an environment of its own under build/versions, from constraints.txt. A version that is not
on this machine is shown as not run.
"""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "versions"
VERSIONS = ("3.11", "3.12", "3.13")


def interpreter(version: str) -> str | None:
    """The command of a version that runs, or None."""
    pyenv = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    places = [
        shutil.which(f"python{version}"),
        *map(str, Path(pyenv).glob(f"versions/{version}.*/bin/python")),
    ]
    asked = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    for command in filter(None, places):
        done = subprocess.run([command, "-c", asked], capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return command
    return None


def generate(version: str, command: str) -> Path:
    """Make the environment of a version, and the suites with it; the folder of the suites."""
    home, suites = OUT / f"python{version}", OUT / f"suites{version}"
    if not (home / "done").exists():
        subprocess.run([command, "-m", "venv", "--clear", home], check=True)
        pip = (home / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
        subprocess.run([*pip, "--constraint", ROOT / "constraints.txt", "--editable", ROOT], check=True)
        (home / "done").touch()
    shutil.rmtree(suites, ignore_errors=True)
    pcpdrain = (home / "bin" / "pcpdrain", "conformance", "--size", "tiny", "--out", suites)
    subprocess.run(pcpdrain, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return suites


def different(one: Path, other: Path) -> list[str]:
    """The files in which two folders of suites differ."""
    names = {path.relative_to(root) for root in (one, other) for path in root.rglob("*") if path.is_file()}
    _, unequal, missing = filecmp.cmpfiles(one, other, sorted(map(str, names)), shallow=False)
    return [*unequal, *missing]


def main() -> None:
    """Compare every version with the first that is here."""
    made: dict[str, Path] = {}
    failed = False
    for version in VERSIONS:
        command = interpreter(version)
        if command is None:
            print(f"Python {version}: not run (no python{version} with venv here)", flush=True)
            continue
        made[version] = generate(version, command)
        first, count = next(iter(made)), sum(path.is_file() for path in made[version].rglob("*"))
        unequal = different(made[first], made[version])
        failed |= bool(unequal)
        said = f"{len(unequal)} differ from those of {first}: {unequal[0]}" if unequal else f"as with {first}"
        print(f"Python {version}: {count} files, {said}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
