"""Implementation: the interface that anything must have to be run against the conformance suites."""

from __future__ import annotations

from typing import Protocol


class Implementation(Protocol):
    """A machine with a program on it, driven by labelled steps.

    A label, such as "c1:take d0", determines the successor.
    """

    def reset(self) -> None:
        """Go to the initial state."""

    def enabled(self) -> frozenset[str]:
        """The labels of all steps that can be made now."""

    def step(self, label: str) -> None:
        """Make one step; raises NotEnabled, and changes nothing, when it is not enabled."""

    def observe(self) -> dict[str, object]:
        """The whole state in canonical form: tuples by index and frozensets, by the name of each variable."""
