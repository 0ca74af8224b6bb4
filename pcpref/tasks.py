"""Tasks: the drainers, each with a home CPU, a preemption depth and its requests to other CPUs."""

from __future__ import annotations

from .context import IDLE, Context, Outcomes
from .cpu import LEFT_OFF, Cpu
from .errors import ContextError
from .ipi import Csd
from .scope import Scope


class Task:
    """One task that calls drain_all_pages() again and again, always on its home CPU.

    `preempt_count` is how many preempt_disable() are open. `csds` has the task's request to each CPU, and
    `called` is, for those who watch, which CPUs the call under way has sent one to. `signalled` is whether
    a signal is pending. `calls_left` is how many calls the task may still begin; it stays 0 where calls
    are not bounded.
    """

    __slots__ = (
        "_bounded", "called", "calls_left", "context", "cpu", "csds", "number", "preempt_count", "signalled",
    )  # fmt: skip

    def __init__(self, number: int, cpu: Cpu, scope: Scope, outcomes: Outcomes) -> None:
        self.number = number
        self.cpu = cpu
        self.preempt_count = 0
        self.csds = tuple(Csd(number, target) for target in range(scope.cpus))
        self.called: set[int] = set()
        self.signalled = False
        self.calls_left = scope.calls
        self._bounded = scope.calls > 0
        self.context = Context(f"d{number}", "return", outcomes)

    def in_call(self) -> bool:
        """Whether a call of drain_all_pages() is under way."""
        return self.context.at != IDLE

    def may_call(self) -> bool:
        """Whether the task is idle and may begin one call more."""
        return self.context.at == IDLE and (not self._bounded or self.calls_left > 0)

    def begin_call(self) -> None:
        """Use up one call."""
        if self._bounded:
            self.calls_left -= 1
        self.called.clear()

    def end_call(self) -> None:
        """Return. The task goes to handle its signal; what the call has left disabled or locked stays so."""
        self.context.leave()
        self.signalled = False
        self.called.clear()
        if self.cpu.irqs_off_by == self.number:  # no suite takes this: only what is broken on purpose
            self.cpu.irqs_off_by = LEFT_OFF

    def signal(self) -> None:
        """Somebody sends the task a signal; nothing happens to it but that signal_pending() turns true."""
        if not self.in_call():
            raise ContextError(f"task {self.number} is not in a call that a signal could reach")
        self.signalled = True

    def awaiting(self) -> frozenset[int]:
        """The CPUs that this task has called and that have not acknowledged."""
        return frozenset([csd.target for csd in self.csds if csd.locked])
