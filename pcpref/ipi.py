"""Cross-CPU calls: requests, the queue of each CPU, and acknowledgements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .context import Steps
from .errors import ContextError

if TYPE_CHECKING:
    from .kernel import Kernel

Handler = Callable[["Kernel"], Steps]
"""A routine that can run in IPI context."""


class Csd:
    """A request of one task to one CPU (struct call_single_data; one per sender and target since Linux 3.9).

    It is locked from the sending until the target acknowledges, and until then neither can be sent again
    (csd_lock()) nor will a wait for it end (csd_lock_wait()).
    """

    __slots__ = ("func", "locked", "sender", "target")

    def __init__(self, sender: int, target: int) -> None:
        self.sender = sender
        self.target = target
        self.locked = False
        self.func: Handler | None = None


class CallQueue:
    """The requests that wait on one CPU (call_single_queue in Linux).

    They are kept in the order of arrival, but may be taken in any: up to Linux 3.8 new requests were put
    at the head of one global list and every handler walked it, since 3.14 each CPU takes its own in
    order.
    """

    __slots__ = ("_requests",)

    def __init__(self) -> None:
        self._requests: dict[int, Csd] = {}

    def push(self, csd: Csd, func: Handler) -> None:
        """Lock the request and queue it; ContextError while the last one of this sender is unanswered."""
        if csd.locked:
            raise ContextError(f"task {csd.sender} calls CPU {csd.target} again before it has answered")
        csd.locked = True
        csd.func = func
        self._requests[csd.sender] = csd

    def take(self, sender: int) -> Csd:
        """Dequeue the request of this task; ContextError when it has none here."""
        if sender not in self._requests:
            raise ContextError(f"no request of task {sender} waits here")
        return self._requests.pop(sender)

    def senders(self) -> frozenset[int]:
        """The tasks whose requests wait."""
        return frozenset(self._requests)

    def __iter__(self) -> Iterator[int]:
        """The tasks whose requests wait, in the order of arrival."""
        return iter(self._requests)

    def __contains__(self, sender: int) -> bool:
        return sender in self._requests

    def __len__(self) -> int:
        return len(self._requests)


def acknowledge(csd: Csd) -> None:
    """Tell the sender that its request has been served (csd_unlock(), after the function has run)."""
    if not csd.locked:
        raise ContextError(f"CPU {csd.target} answers task {csd.sender}, which has not called it")
    csd.locked = False
    csd.func = None
