"""Implementation: the interface that anything must have to be run against the conformance suites."""

from __future__ import annotations

from typing import Protocol


class Implementation(Protocol):
    """A machine with a program on it, driven by labelled steps.

    A label, such as "c1:take d0", determines the successor.
    """

    def reset(self) -> None:
        """Go to the initial state, from any state, also after an exception."""

    def enabled(self) -> frozenset[str]:
        """The labels of all steps that can be made now."""

    def step(self, label: str) -> None:
        """Make one step; raises NotEnabled, and changes nothing, when it is not enabled."""

    def observe(self) -> dict[str, object]:
        """The whole state in canonical form: tuples by index and frozensets, by the name of each variable.

        Variables that the suite does not know are ignored. One that is missing is a difference, unless
        the implementation is a PartialImplementation that names it.
        """


class PartialImplementation(Implementation, Protocol):
    """An implementation without some of the specification's variables: another program has no such locals.

    The suite compares all others, and shows in a skipped test which it does not compare.
    """

    not_observed: frozenset[str]
    """Names of variables of the suite; any other name is an error. One adaptor fits every suite with
    `frozenset(suite.variables) - {names that it has}`."""
