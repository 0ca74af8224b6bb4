"""Monitor: watches a machine from outside and says which of its promises are broken.

What it remembers are the ghosts. All checks are of the state after a step; what is promised of whole runs
(`call_returns`) is judged in `liveness`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from . import drain_properties as drain
from . import kernel_properties as kernel
from .cpumask import Cpumask
from .ghosts import Ghosts
from .hardware import Hardware
from .program import Program
from .scheduler import Scheduler


class Monitor:
    """The ghosts of one machine, and the properties that are predicates of its states."""

    def __init__(self, hardware: Hardware, program: Program, scheduler: Scheduler) -> None:
        statics = [getattr(program, name) for name in program.STATICS]
        ghosts = Ghosts(hardware, [static for static in statics if isinstance(static, Cpumask)])
        self.ghosts = ghosts
        self._properties: dict[str, Callable[[], Iterator[str]]] = {
            "drain_complete": partial(drain.drain_complete, hardware, ghosts),
            "drain_complete_or_notified": partial(drain.drain_complete_or_notified, hardware, ghosts),
            "drain_instant": partial(drain.drain_instant, hardware, ghosts),
            "page_conservation": partial(kernel.page_conservation, hardware),
            "no_ipi_to_offline": partial(kernel.no_ipi_to_offline, hardware),
            "no_useless_ipi": partial(kernel.no_useless_ipi, hardware, ghosts),
            "never_stuck": partial(kernel.never_stuck, hardware, scheduler),
            "last_writer_complete": partial(drain.last_writer_complete, hardware, ghosts),
            "saved_is_honest": partial(kernel.saved_is_honest, hardware, program),
            "unlocked_context": partial(kernel.unlocked_context, hardware, program),
        }

    def violations(self) -> dict[str, tuple[str, ...]]:
        """The properties that this state violates, each with one sentence for every way in which it does."""
        found = {name: tuple(sentences()) for name, sentences in self._properties.items()}
        return {name: sentences for name, sentences in found.items() if sentences}
