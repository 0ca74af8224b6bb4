"""CPUs: each with its local interrupts, its call queue and the handler that may run there."""

from __future__ import annotations

from .context import Context, Steps
from .cpumask import Cpumask
from .errors import ContextError
from .ipi import CallQueue, Csd, acknowledge


class Cpu:
    """One CPU.

    `irqs_off_by` is the task that has turned local interrupts off, or None while they are on; a running
    handler always has them off, without showing here. `serving` is the request that the handler serves,
    None when none runs. A handler takes one request, runs it whole and acknowledges it; it cannot be
    interrupted by another.
    """

    __slots__ = ("_online", "call_queue", "handler", "irqs_off_by", "number", "serving")

    def __init__(self, number: int, online: Cpumask) -> None:
        self.number = number
        self._online = online
        self.irqs_off_by: int | None = None
        self.call_queue = CallQueue()
        self.serving: Csd | None = None
        self.handler = Context(end="ack")

    @property
    def online(self) -> bool:
        """Whether the CPU is in cpu_online_mask."""
        return self._online.test_cpu(self.number)

    def accepts_interrupts(self) -> bool:
        """Whether an interrupt would be handled now: online, irqs on, and no handler under way."""
        return self.irqs_off_by is None and self.serving is None and self.online

    def take_request(self, sender: int) -> Csd:
        """The interrupt arrives: dequeue the request of this task.

        As generic_smp_call_function_interrupt() in Linux 3.4, for one request.
        """
        if not self.accepts_interrupts():
            raise ContextError(f"CPU {self.number} accepts no interrupt now")
        self.serving = self.call_queue.take(sender)
        return self.serving

    def enter_handler(self, steps: Steps) -> None:
        """Stop before the first step of the handler."""
        self.handler.start(steps)

    def acknowledge(self) -> None:
        """The handler is through: answer the sender and let the task context go on."""
        if self.serving is None:
            raise ContextError(f"no handler runs on CPU {self.number}")
        self.handler.leave()
        acknowledge(self.serving)
        self.serving = None
