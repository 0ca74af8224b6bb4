"""Ways to run the command line in tests, and to see what came of it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from click.testing import Result

PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from pcpdrain.tools.cli import main; main(prog_name='pcpdrain')
"""
"""The command. Tests in the background may ignore Ctrl-C and SIGHUP, and children inherit that."""

Run = Callable[..., Result]
Start = Callable[..., subprocess.Popen[str]]
FakeJava = Callable[[str], dict[str, str]]

SMALL = """variant {name} "{title}" {{
    drain_all_pages() {{
        on_each_cpu(drain_local_pages, true);
    }}

    expect {{
        {expect}
    }}
}}
"""


def small_variant(
    name: str, expect: str = "drain_complete holds in solo_one_zone;", title: str = "for tests"
) -> str:
    """The text of a variant that interrupts everybody."""
    return SMALL.format(name=name, expect=expect, title=title)


def start_pcpdrain(
    words: Sequence[str | Path], folder: Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a command as a process of its own, with stdout and stderr in one pipe."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def read_results(folder: Path) -> list[dict[str, object]]:
    """The results that a check left in a folder."""
    found: list[dict[str, object]] = json.loads((folder / "build" / "results.json").read_text("utf-8"))
    return found
