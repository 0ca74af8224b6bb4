"""The suite notices when one hand is wrong: the reference machine, the generated program, the TLA+."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pcpdrain.codegen.backends.suite import emit_suite
from pcpdrain.codegen.backends.tla import TlaModel, emit_model
from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import Compiled, compile_file
from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.buddy import Buddy
from pcpdrain.pcpref.cpu import Cpu
from pcpdrain.pcpref.cpumask import Cpumask
from pcpdrain.pcpref.hardware import Hardware
from pcpdrain.pcpref.ipi import Csd
from pcpdrain.pcpref.kernel import Kernel
from pcpdrain.pcpref.pages import Page, Where
from pcpdrain.pcpref.pcp import PcpList
from pcpdrain.pcpref.suite import ConformanceFailure, Suite
from pcpdrain.pcpref.tasks import Task
from pcpdrain.tools.conformance import state_graph


def write_suite(folder: Path, compiled: Compiled, model: TlaModel) -> Suite:
    for name, text in emit_suite(compiled.program, model.scope, state_graph(model)).items():
        (folder / name).write_text(text, "utf-8")
    return Suite.load(folder)


def variant() -> Compiled:
    return compile_file(SPEC / "variants" / "per_cpu_summary.drain")


def scope() -> Scope:
    return project_scopes().ready["solo_one_zone"]


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The suite of the Linux 3.4 variant with one zone, as `make test` generates it."""
    compiled = variant()
    return write_suite(tmp_path_factory.mktemp("suite"), compiled, emit_model(compiled.program, scope()))


def walk(suite: Suite) -> None:
    """Run the whole suite."""
    for path in suite.paths.values():
        suite.walk(path, suite.implementation())


def test_the_suite_passes_when_nothing_is_broken(suite: Suite) -> None:
    assert suite.transitions_not_taken() == []
    walk(suite)


def acknowledges_first(patch: pytest.MonkeyPatch) -> None:
    real = Cpu.take_request

    def take_request(self: Cpu, sender: int) -> Csd:
        csd = real(self, sender)
        csd.locked = False
        return csd

    def acknowledge(self: Cpu) -> None:
        self.handler.leave()
        self.serving = None

    patch.setattr(Cpu, "take_request", take_request)
    patch.setattr(Cpu, "acknowledge", acknowledge)


def skips_the_last_zone(patch: pytest.MonkeyPatch) -> None:
    real = Kernel.__init__

    def init(self: Kernel, hardware: Hardware, cpu: Cpu, task: Task | None) -> None:
        real(self, hardware, cpu, task)
        self.populated_zones = range(hardware.scope.zones - 1)

    patch.setattr(Kernel, "__init__", init)


def does_not_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Kernel, "call_answered", lambda _self, _target: True)


def leaves_a_page(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PcpList, "drain", lambda self: self._bulk_free(self.count - 1))


def drains_a_batch_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PcpList, "drain", lambda self: self._bulk_free(min(self.count, self.batch)))


def drains_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PcpList, "drain", lambda _self: None)


def flushes_one_page_late(patch: pytest.MonkeyPatch) -> None:
    def free(self: PcpList, page: Page) -> None:
        page.enter(Where.PCP, self.cpu)
        self._pages.append(page)
        self.count += 1
        if self.count > self.high:
            self._bulk_free(self.batch)

    patch.setattr(PcpList, "free", free)


def loses_pages(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Buddy, "free_block", lambda _self, _page, _order: None)


def interrupts_though_irqs_are_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cpu, "accepts_interrupts", lambda self: self.serving is None)


def keeps_preemption_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Kernel, "preempt_enable", lambda _self: None)


def forgets_to_clear(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Cpumask, "clear_cpu", lambda _self, _cpu: None)


@pytest.mark.parametrize(
    "break_it",
    [
        acknowledges_first,
        skips_the_last_zone,
        does_not_wait,
        leaves_a_page,
        drains_a_batch_only,
        drains_nothing,
        flushes_one_page_late,
        loses_pages,
        interrupts_though_irqs_are_off,
        keeps_preemption_off,
        forgets_to_clear,
    ],
    ids=lambda function: function.__name__,
)
def test_a_broken_reference_fails(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, break_it: Callable[[pytest.MonkeyPatch], None]
) -> None:
    break_it(monkeypatch)
    with pytest.raises(ConformanceFailure):
        walk(suite)


def lines_of(suite: Suite) -> list[str]:
    return (suite.folder / "program.py").read_text("utf-8").splitlines(keepends=True)


def swap_set_and_yield(lines: list[str]) -> list[str]:
    first = next(number for number, line in enumerate(lines) if ".set_cpu(" in line)
    return [*lines[: first - 1], lines[first], lines[first - 1], *lines[first + 1 :]]


def drop(pattern: str) -> Callable[[list[str]], list[str]]:
    """Without the first line with this text."""

    def edit(lines: list[str]) -> list[str]:
        found = next(number for number, line in enumerate(lines) if pattern in line)
        return lines[:found] + lines[found + 1 :]

    edit.__name__ = f"without {pattern}"
    return edit


def change(old: str, new: str) -> Callable[[list[str]], list[str]]:
    """With the first `old` another text."""

    def edit(lines: list[str]) -> list[str]:
        text = "".join(lines)
        assert old in text
        return text.replace(old, new, 1).splitlines(keepends=True)

    edit.__name__ = f"{old} is {new}"
    return edit


@pytest.mark.parametrize(
    "edit",
    [
        swap_set_and_yield,
        drop('yield "drain_all_pages.pcp_count"'),
        drop('yield "on_each_cpu_mask.preempt_enable"'),
        drop('yield "drain_local_pages.drain_zone_pages"'),
        drop(".preempt_disable()"),
        drop(".set_cpu("),
        drop(".clear_cpu("),
        drop(".send_call("),
        change(") > 0:", ") > 1:"),
        change("has_pcps = False", "has_pcps = True"),
        change('.wait_call", lambda: ', '.wait_call", lambda: True or '),
    ],
    ids=lambda function: function.__name__,
)  # fmt: skip
def test_a_broken_program_fails(suite: Suite, tmp_path: Path, edit: Callable[[list[str]], list[str]]) -> None:
    shutil.copytree(suite.folder, tmp_path, dirs_exist_ok=True)
    broken = edit(lines_of(suite))
    assert broken != lines_of(suite)
    (tmp_path / "program.py").write_text("".join(broken), "utf-8")
    with pytest.raises(ConformanceFailure):
        walk(Suite.load(tmp_path))


def without_the_guard(step: str, guard: str) -> Callable[[dict[str, str]], tuple[str, str]]:
    def edit(files: dict[str, str]) -> tuple[str, str]:
        name = "per_cpu_summary.tla"
        text, count = re.subn(rf"(?m)^({step}\(d\) ==\n(?:  .*\n)*?)  /\\ {guard}.*\n", r"\1", files[name])
        assert count == 1
        return name, text

    edit.__name__ = f"{step} without {guard}"
    return edit


def replaced(name: str, old: str, new: str) -> Callable[[dict[str, str]], tuple[str, str]]:
    def edit(files: dict[str, str]) -> tuple[str, str]:
        assert old in files[name]
        return name, files[name].replace(old, new, 1)

    edit.__name__ = f"{old} is {new}"
    return edit


@pytest.mark.parametrize(
    "edit",
    [
        without_the_guard("smp_call_function_many__wait_call", "Answered"),
        replaced("per_cpu_summary.tla", "[drain_all_pages__zone[d]] > 0", "[drain_all_pages__zone[d]] > 1"),
        replaced("Allocator.tla", "count >= High", "count > High"),
    ],
    ids=lambda function: function.__name__,
)
def test_broken_tla_fails(tmp_path: Path, edit: Callable[[dict[str, str]], tuple[str, str]]) -> None:
    compiled = variant()
    model = emit_model(compiled.program, scope())
    name, text = edit(model.files)
    broken = replace(model, files={**model.files, name: text})
    with pytest.raises(ConformanceFailure):
        walk(write_suite(tmp_path, compiled, broken))


BROKEN_MACHINE = """
from pcpdrain.pcpref.machine import Machine
from pcpdrain.pcpref.pcp import PcpList
from pcpdrain.pcpref.suite import load_program

def make(suite):
    PcpList.drain = lambda self: None
    return Machine(suite.scope, load_program(suite.folder / "program.py", suite.class_name))
"""


def test_the_generated_tests_run_what_is_named_and_can_fail(suite: Suite, tmp_path: Path) -> None:
    """The file that the template makes is run as a user runs it, with a sound and with a broken machine."""
    (tmp_path / "broken_machine.py").write_text(BROKEN_MACHINE, "utf-8")
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", suite.folder)

    def status(**environment: str) -> int:
        named = {**os.environ, "PYTHONPATH": str(tmp_path), **environment}
        done = subprocess.run(command, cwd=tmp_path, env=named, capture_output=True, check=False, timeout=240)
        return done.returncode

    assert status() == 0
    assert status(PCPDRAIN_IMPLEMENTATION="broken_machine:make") == 1
