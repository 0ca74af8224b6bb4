"""Contenders: how each tool is run on a variant at a size, and how its answer is read.

All of them go through the whole graph with one thread, also where the property is violated, so that numbers
of states can be compared. None is given more memory than the limit.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pcpdrain.codegen.backends.tla.survey import emit_survey
from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.pipeline import compile_file

from ..check import write_model
from ..engines.ccompiler import find_compiler
from ..engines.java import LONG_JAVA_OPTIONS, EngineMissing, find_java, find_tla2tools
from ..engines.process import Finished
from ..engines.tlc import EngineFailed, TlcResult, run_tlc
from .cells import Cell, Outcome, Tool
from .exploring import PROPERTY
from .measured import Usage, measure, usage_in, wrapper
from .sizes import CALLS, PAGES, Size

PEERS = Path(__file__).parent / "peers"

_SEARCH = "Computing initial states"
"""What TLC says when it has read the modules and begins."""

_DEPTH = 1_000_000
"""Of SPIN's search. Calls are bounded, so no run without a repeated state is nearly as long."""

_CHECK = """---- MODULE check ----
EXTENDS {module}, TLC
ASSUME TLCSet(1, FALSE)
\\* Only the first violation is told: the search is to go on, through the whole graph.
ToldOnce == DrainComplete \\/ TLCGet(1) \\/ (TLCSet(1, TRUE) /\\ FALSE)
====
"""
_CONFIG = """SPECIFICATION Spec
CONSTANTS CPUS = {cpus} ZONES = {zones} TASKS = {drainers} PAGES = {pages} CALLS = {calls}
INVARIANT ToldOnce
"""


@dataclass(frozen=True)
class Limits:
    """Seconds for one measurement, and bytes of memory."""

    seconds: float
    memory: int


class _Clock:
    """The time of one measurement."""

    def __init__(self, limits: Limits) -> None:
        self._began = time.monotonic()
        self._limits = limits

    @property
    def spent(self) -> float:
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        return max(0.1, self._limits.seconds - self.spent)


def run_cell(tool: Tool, variant: str, size: Size, limits: Limits) -> Cell:
    """Measure a tool. What is not there, or does not come to its end, is told in the cell."""
    blank = Cell(tool, variant, size, "not run")
    clock = _Clock(limits)
    try:
        with tempfile.TemporaryDirectory(prefix="pcpdrain-bench-", ignore_cleanup_errors=True) as name:
            found = _RUNS[tool](replace(blank), Path(name), clock, limits)
    except EngineMissing as missing:
        return replace(blank, reason=missing.args[0])
    except (EngineFailed, OSError) as error:
        return replace(blank, outcome="failed", reason=" ".join(str(error).split()))
    return replace(found, seconds=clock.spent)


def _explorer(cell: Cell, folder: Path, clock: _Clock, limits: Limits) -> Cell:
    find_compiler()
    numbers = [str(n) for n in vars(cell.size).values()]
    module = f"{__package__}.exploring"
    finished, usage = measure(
        [sys.executable, "-m", module, cell.variant, *numbers], folder, clock.left, memory=limits.memory
    )
    if usage is None or finished.status != 0:
        return _unfinished(cell, finished, usage, limits)
    told = json.loads(next(line for line in finished.lines if line.startswith("{")))
    if told["stopped"]:
        return _stopped(cell, told["stopped"], usage, told["states"])
    return _verdict(cell, usage, told["violated"], told["states"], told["transitions"], search=told["search"])


def _tlc(cell: Cell, folder: Path, clock: _Clock, limits: Limits) -> Cell:
    compiled = compile_file(SPEC / "variants" / f"{cell.variant}.drain")
    survey = emit_survey(compiled.program, cell.size.scope, [PROPERTY])
    write_model(survey, folder)
    (folder / "check.cfg").write_text(survey.runs[0].config, encoding="utf-8")
    return _by_tlc(cell, folder, survey.module, clock, limits)


def _pluscal(cell: Cell, folder: Path, clock: _Clock, limits: Limits) -> Cell:
    usage = translate(cell.variant, folder, clock.left)
    (folder / "check.tla").write_text(_CHECK.format(module=cell.variant), encoding="utf-8")
    config = _CONFIG.format(**vars(cell.size), pages=PAGES, calls=CALLS)
    (folder / "check.cfg").write_text(config, encoding="utf-8")
    found = _by_tlc(cell, folder, "check", clock, limits)
    return replace(found, cpu=None if found.cpu is None else found.cpu + usage.cpu)


def translate(variant: str, folder: Path, timeout: float) -> Usage:
    """Translate the PlusCal of a variant to TLA+, in a folder.

    Raises:
        EngineMissing: there is no Java or no tla2tools.jar.
        EngineFailed: the translator refuses it, or takes too long.
    """
    source = f"{variant}.tla"
    shutil.copy(PEERS / source, folder)
    command: list[str | Path] = [find_java(), "-cp", find_tla2tools(), "pcal.trans", "-nocfg", source]
    finished, usage = measure(command, folder, timeout)
    if usage is None or finished.status != 0:
        said = [line.strip() for line in finished.lines if line.strip()]
        raise EngineFailed(f"pcal.trans: {finished.failure or ' '.join(said)}")
    return usage


def _by_tlc(cell: Cell, folder: Path, module: str, clock: _Clock, limits: Limits) -> Cell:
    result = run_tlc(
        folder,
        module,
        "check.cfg",
        timeout=clock.left,
        survey=True,
        java_options=[*LONG_JAVA_OPTIONS, f"-Xmx{limits.memory}"],
        wrapper=wrapper(since=_SEARCH),
    )
    lines = tuple(result.log.splitlines())
    usage = usage_in(lines)
    if result.outcome == "error" or usage is None:
        return _no_verdict_of_tlc(cell, result, usage, clock)
    transitions = None if result.generated is None else result.generated - 1
    violated = result.outcome == "violated"
    return _verdict(cell, usage, violated, result.distinct, transitions, search=usage.since)


def _no_verdict_of_tlc(cell: Cell, result: TlcResult, usage: Usage | None, clock: _Clock) -> Cell:
    if "ran out of memory" in result.reason:
        return _stopped(cell, "out of memory", usage)
    if "time limit" in result.reason:
        return _stopped(cell, f"not finished after {clock.spent:.0f} s", usage)
    return replace(cell, outcome="failed", reason=result.reason)


def _spin(cell: Cell, folder: Path, clock: _Clock, limits: Limits) -> Cell:
    spin = shutil.which("spin")
    if spin is None:
        raise EngineMissing("no spin", "apt install spin")
    for source in PEERS.glob("*.pml"):
        shutil.copy(source, folder)
    size = cell.size
    sizes = {"CPUS": size.cpus, "ZONES": size.zones, "TASKS": size.drainers, "PAGES": PAGES, "CALLS": CALLS}
    defined = [f"-D{name}={value}" for name, value in sizes.items()]
    compiling = [
        *find_compiler(),
        "-O2",
        "-w",
        "-DSAFETY",
        f"-DMEMLIM={limits.memory >> 20}",
        "-o",
        "pan",
        "pan.c",
    ]
    spent = 0.0
    for command in ([spin, *defined, "-a", f"{cell.variant}.pml"], compiling):
        finished, usage = measure(command, folder, clock.left)
        if usage is None or finished.status != 0:
            return _unfinished(cell, finished, usage, limits)
        spent += usage.cpu
    finished, usage = measure([folder / "pan", "-c0", "-E", "-n", f"-m{_DEPTH}"], folder, clock.left)
    if usage is None or finished.status != 0:
        return _unfinished(cell, finished, usage, limits)
    return _by_pan(cell, "\n".join(finished.lines), replace(usage, cpu=usage.cpu + spent))


def _by_pan(cell: Cell, said: str, usage: Usage) -> Cell:
    """What SPIN's verifier says. It counts the way to the initial state as a transition."""
    numbers = {
        name: re.search(rf"([\d.e+]+) {words}", said)
        for name, words in (("states", "states, stored"), ("transitions", "transitions"))
    }
    errors = re.search(r"errors: (\d+)", said)
    states, transitions = (int(float(found[1])) if found else None for found in numbers.values())
    if "memory limit" in said or "out of memory" in said:
        return _stopped(cell, "out of memory", usage, states)
    if errors is None or states is None or transitions is None or "max search depth too small" in said:
        raise EngineFailed(f"pan: {' '.join(said.split())[:300]}")
    return _verdict(cell, usage, errors[1] != "0", states, transitions - 1, search=usage.seconds)


def _verdict(
    cell: Cell,
    usage: Usage,
    violated: bool,
    states: int | None,
    transitions: int | None,
    *,
    search: float | None,
) -> Cell:
    outcome: Outcome = "violated" if violated else "holds"
    return replace(
        cell,
        outcome=outcome,
        states=states,
        transitions=transitions,
        search=search,
        cpu=usage.cpu,
        peak=usage.peak,
    )


def _stopped(cell: Cell, reason: str, usage: Usage | None, states: int | None = None) -> Cell:
    cpu, peak = (usage.cpu, usage.peak) if usage else (None, None)
    return replace(cell, outcome="stopped", reason=reason, states=states, cpu=cpu, peak=peak)


def _unfinished(cell: Cell, finished: Finished, usage: Usage | None, limits: Limits) -> Cell:
    """A command that came to no good end: at a limit, or for a reason of its own."""
    if finished.status is None:
        return _stopped(cell, f"not finished after {limits.seconds:.0f} s", usage)
    said = [
        line.strip() for line in finished.lines if line.strip() and not line.startswith("pcpdrain measured")
    ]
    if any("MemoryError" in line or "out of memory" in line for line in said):
        return _stopped(cell, "out of memory", usage)
    raise EngineFailed(said[-1] if said else f"ended with status {finished.status} and said nothing")


_RUNS: dict[Tool, Callable[[Cell, Path, _Clock, Limits], Cell]] = {
    "explorer": _explorer,
    "tlc": _tlc,
    "pluscal": _pluscal,
    "spin": _spin,
}
