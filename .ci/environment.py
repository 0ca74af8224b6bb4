"""Set up .venv for the Makefile: everything from constraints.txt, installed once, by one process at a time.

The file .venv/ready says for what the environment was made (pyproject.toml, constraints.txt, this script, the
interpreter, the folder). It is written last and removed first, so an interrupted set-up never looks finished:
without it the environment is made anew; with an outdated one the packages are brought up to date in place.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
READY = VENV / "ready"
LOCK = ROOT / ".venv.lock"
BIN = VENV / "bin"
FOLDERS = ("codegen", "pcpref", "tools", "spec")


def fingerprint(*, everything: bool) -> str:
    """Digest what the environment depends on; without `everything`, only what calls for a new one."""
    parts = [str(ROOT), sys.version, sys.base_prefix]
    if everything:
        parts.append(extras())
        parts += [(ROOT / name).read_text("utf-8") for name in ("pyproject.toml", "constraints.txt")]
        parts.append(Path(__file__).read_text("utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def extras() -> str:
    """What is installed beside the dependencies.

    What draws plots is there for the tests. A C compiler only where the machine has none, and what drives a
    browser only where it has a Chromium.
    """
    found = ["dev", "bench"]
    if not shutil.which("cc"):
        found.append("compiler")
    if any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        found.append("browser")
    return ",".join(found)


def recorded() -> list[str]:
    """Return the two fingerprints in .venv/ready, or nothing when there is no finished environment."""
    try:
        return READY.read_text("ascii").split()
    except OSError:
        return []


@contextmanager
def only_one() -> Iterator[None]:
    """Wait until no other process sets .venv up. The system drops the lock when its last holder dies."""
    with LOCK.open("w") as file:
        os.set_inheritable(file.fileno(), True)  # a pip that outlives this process still holds it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("set-up: waiting for another make that sets up .venv", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(*command: str | Path) -> None:
    """Run a command of the set-up; when it fails, say which one and stop."""
    try:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, cwd=ROOT, close_fds=False)
    except subprocess.CalledProcessError as error:
        line = " ".join(os.path.relpath(part, ROOT) if isinstance(part, Path) else part for part in command)
        sys.exit(f"set-up: failed (exit {error.returncode}): {line}")


def install(constraints: Path) -> None:
    """Bring the packages to the pinned versions, this project among them as an editable install."""
    pip = (BIN / "python", "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-input", "install")
    run(*pip, "--constraint", constraints, "setuptools")
    # No build isolation: the pinned setuptools is the one that builds.
    run(*pip, "--constraint", constraints, "--no-build-isolation", "--editable", f"{ROOT}[{extras()}]")


def link_folders() -> None:
    """Make .venv/links/pcpdrain, where mypy finds the folders under their import names."""
    links = VENV / "links" / "pcpdrain"
    shutil.rmtree(links, ignore_errors=True)
    links.mkdir(parents=True)
    for folder in FOLDERS:
        (links / folder).symlink_to(Path("../../..") / folder)


def set_up() -> None:
    """Make or update the environment, then mark it ready."""
    began = time.monotonic()
    before = recorded()
    READY.unlink(missing_ok=True)
    if before[:1] == [fingerprint(everything=False)]:
        print("set-up: updating .venv", flush=True)
    else:
        print(f"set-up: making .venv with Python {sys.version.split()[0]}", flush=True)
        run(sys.executable, "-m", "venv", "--clear", VENV)
    install(ROOT / "constraints.txt")
    link_folders()
    run(BIN / "python", "-m", "pcpdrain.tools.engines.quick_start")
    unfinished = VENV / f"ready.{os.getpid()}"
    unfinished.write_text(f"{fingerprint(everything=False)} {fingerprint(everything=True)}\n", "ascii")
    unfinished.replace(READY)
    print(f"set-up: .venv is ready ({time.monotonic() - began:.0f} s)", flush=True)


def main() -> None:
    """Do nothing when the environment is up to date; otherwise set it up."""
    wanted = [fingerprint(everything=False), fingerprint(everything=True)]
    if recorded() == wanted:
        return
    try:
        with only_one():
            if recorded() != wanted:
                set_up()
    except OSError as error:
        sys.exit(f"set-up: {error}")
    except KeyboardInterrupt:
        sys.exit("set-up: interrupted; the next make begins it anew")


if __name__ == "__main__":
    main()
