"""Locks: spinlocks and mutexes, which remember the task that holds them.

They do not touch preemption or irqs: a program does that in steps of its own, before and after.
"""

from __future__ import annotations

from .errors import ContextError, LockError
from .kernel import Kernel

FREE = -1
"""The holder of a lock that nobody holds."""


class Lock:
    """What spinlocks and mutexes have in common. `holder` is a task's number or -1.

    A lock is not recursive: to a task that takes it twice it is as unavailable as to any other.
    """

    __slots__ = ("holder",)

    def __init__(self) -> None:
        self.holder = FREE

    def available(self) -> bool:
        """Whether nobody holds the lock. The step that takes it is blocked until then."""
        return self.holder == FREE

    def lock(self, k: Kernel) -> None:
        """Take the lock, which must be available; LockError otherwise."""
        if not self.trylock(k):
            raise LockError(f"task {k.lock_owner()} takes a lock that task {self.holder} holds")

    def trylock(self, k: Kernel) -> bool:
        """Take the lock if it is available; whether it was."""
        owner = k.lock_owner()
        if self.holder != FREE:
            return False
        self.holder = owner
        return True

    def unlock(self, k: Kernel) -> None:
        """Release the lock; LockError when this task does not hold it."""
        if self.holder != k.lock_owner():
            raise LockError(f"task {k.lock_owner()} releases a lock that {self._held_by()} holds")
        self.holder = FREE

    def _held_by(self) -> str:
        return "nobody" if self.holder == FREE else f"task {self.holder}"


class Spinlock(Lock):
    """A lock that is waited for by spinning (spinlock_t); may be taken in any task context."""

    __slots__ = ()


class Mutex(Lock):
    """A lock that is waited for by sleeping (struct mutex)."""

    __slots__ = ()

    def lock(self, k: Kernel) -> None:
        """Take the lock, which must be available; ContextError where the task may not sleep."""
        if not k.may_sleep():
            raise ContextError(f"{k} takes a mutex where it may not sleep")
        super().lock(k)
