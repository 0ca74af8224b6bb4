"""CPUs: each with its local interrupts, its call queue and the handler that may run there."""

from __future__ import annotations

from .context import Context, Outcomes, Steps
from .cpumask import Cpumask
from .errors import ContextError
from .ipi import CallQueue, Csd, acknowledge

LEFT_OFF = -1
"""Who has irqs off when the call that turned them off has returned: no task that could turn them on."""
NONE = -1
"""The zone of no page, and of no notifier."""


class Cpu:
    """One CPU.

    `irqs_off_by` is the task that has turned local interrupts off in its call, LEFT_OFF after that call
    has returned, and None while they are on; a running handler always has them off, without showing here.
    `serving` is the request that the handler serves, None when none runs. A handler takes one request,
    runs it whole and acknowledges it; it cannot be interrupted by another.

    `linking` is the zone of the page that the workload here has linked and not yet counted, or -1. In
    between it has irqs off, which belongs to no task and does not show in `irqs_off_by`. `dead_zone` is
    the next zone that the CPU_DEAD notifier will drain for this CPU, or -1 when none is under way.
    """

    __slots__ = (
        "_answered", "_online", "call_queue", "dead_zone", "handler", "irqs_off_by", "linking", "number",
        "serving",
    )  # fmt: skip

    def __init__(self, number: int, online: Cpumask, outcomes: Outcomes) -> None:
        self.number = number
        self._online = online
        self.irqs_off_by: int | None = None
        self.call_queue = CallQueue()
        self.serving: Csd | None = None
        self._answered = False
        # Whether the handler under way has answered its request already.
        self.handler = Context(f"c{number}", "ack", outcomes)
        self.linking = NONE
        self.dead_zone = NONE

    @property
    def online(self) -> bool:
        """Whether the CPU is in cpu_online_mask."""
        return self._online.test_cpu(self.number)

    def accepts_interrupts(self) -> bool:
        """Whether an interrupt would be handled now: online, irqs on, and no handler under way."""
        return self.irqs_off_by is None and self.serving is None and self.linking < 0 and self.online

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

    def answer_early(self) -> None:
        """Acknowledge the request though its handler still runs, as a CPU does for calls nobody waits for.

        From now on the sender may send the next, which this handler's end must not acknowledge.
        """
        if self.serving is None:
            raise ContextError(f"no handler runs on CPU {self.number}")
        if self._answered:
            raise ContextError(f"the handler on CPU {self.number} acknowledges its request twice")
        acknowledge(self.serving)
        self._answered = True

    def acknowledge(self) -> None:
        """The handler is through: answer the sender, if not done yet, and let the task context go on."""
        if self.serving is None:
            raise ContextError(f"no handler runs on CPU {self.number}")
        self.handler.leave()
        if not self._answered:  # no suite takes this: only what is broken on purpose answers early
            acknowledge(self.serving)
        self.serving = None
        self._answered = False
