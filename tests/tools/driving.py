"""Ways to run the command line in tests, and to see what came of it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from click.testing import Result

from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.source import read_source
from pcpdrain.tools.replay import machine_for
from pcpdrain.tools.traces import State, Trace

PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from pcpdrain.tools.cli import main; main(prog_name='pcpdrain')
"""
"""The command. Tests in the background may ignore Ctrl-C and SIGHUP, and children inherit that."""

POSTED = """\
c0:free z0
d0:call
d0:drain_all_pages.for_each_online_cpu
d0:drain_all_pages.pcp_count
d0:drain_all_pages.cpumask_set_cpu
d0:drain_all_pages.pcp_count
d0:drain_all_pages.cpumask_clear_cpu
d0:drain_all_pages.for_each_online_cpu
d0:drain_all_pages.pcp_count
d0:drain_all_pages.cpumask_clear_cpu
d0:drain_all_pages.pcp_count
d0:drain_all_pages.cpumask_clear_cpu
d0:drain_all_pages.for_each_online_cpu
d0:on_each_cpu_mask.preempt_disable
d0:smp_call_function_many.cpumask_and
d0:smp_call_function_many.cpumask_and_2
d0:on_each_cpu_mask.cpumask_test_cpu
d0:on_each_cpu_mask.preempt_enable
d0:return
""".splitlines()
"""The posted patch: one page in the first zone is all it takes, and no way through the routine is shorter."""


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


def run_of(variant: str, scope: str, labels: Sequence[str], violated: str = "drain_complete") -> Trace:
    """A run of a variant of the project on the reference machine, as a trace that some engine found."""
    source = read_source(SPEC / "variants" / f"{variant}.drain")
    start = Trace(variant, source, project_scopes().ready[scope], violated, "made up", (), ({},))
    machine = machine_for(start)
    states: list[State] = [machine.observe()]
    for label in labels:
        machine.step(label)
        states.append(machine.observe())
    return replace(start, labels=tuple(labels), states=tuple(states))
