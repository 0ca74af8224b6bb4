"""The errors of the reference machine, which is strict: nothing wrong passes in silence."""

from collections.abc import Iterable


class PcprefError(Exception):
    """Base of everything the reference machine raises on purpose."""


class NotEnabled(PcprefError):
    """A step was asked for that the machine cannot make now."""

    def __init__(self, label: str, enabled: Iterable[str]) -> None:
        self.label = label
        self.enabled = tuple(sorted(enabled))
        super().__init__(
            f"step {label!r} is not enabled; enabled here: {', '.join(self.enabled) or 'nothing'}"
        )


class ScopeError(PcprefError):
    """The parameters of a scope do not describe a machine."""


class PageError(PcprefError):
    """A page was moved from a place where it is not: a double free, a double link, a wrong order."""


class ContextError(PcprefError):
    """A kernel operation was used in a context (task, handler, irqs, preemption) that does not allow it."""


class LockError(PcprefError):
    """A lock was taken while held, or released by a task that does not hold it."""


class ProgramError(PcprefError):
    """A program does not keep to its own declarations: for example, a live local was never assigned."""
