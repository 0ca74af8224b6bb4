"""Mutants: one small mistake each, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pcpdrain.codegen.ir.steps import Program

Kind = Literal["ir", "python", "pcpref", "tla"]

KINDS: Mapping[Kind, str] = {
    "ir": "the compiled program",
    "python": "the Python that is generated from it",
    "pcpref": "the reference machine",
    "tla": "the specification",
}
"""What is mutated."""

Verdict = Literal["killed", "timeout", "survived", "equivalent", "stillborn"]
"""`killed`, or `timeout` when it ran without end: our suite notices. `survived`: it does not, though the
labelled graph of the mutant is another. `equivalent`: the graph is the same at this scope. `stillborn`: the
compiler, the frame proof or the engine refuses the mutant, or it cannot be loaded."""

NOTICED: tuple[Verdict, ...] = ("killed", "timeout")


@dataclass(frozen=True)
class Mutant:
    """One mistake. `place` is `file:line`; `description` says on a line what is otherwise.

    What is mutated is `program` (kind ir), the text of a file of the TLA+ model (`module` with `text`),
    or Python: in the program's module or in a `module` of pcpref an operator of the tool (`tool`) at one
    `occurrence`.
    """

    kind: Kind
    operator: str
    place: str
    description: str
    program: Program | None = None
    module: str = ""
    text: str = ""
    tool: str = ""
    occurrence: int = 0


@dataclass(frozen=True)
class MutantResult:
    """What became of a mutant. `diff` is given for those that survive; `reason` says more.

    `killed_by` tells for each suite of the kill matrix whether it notices. It is empty for those that are
    equivalent or stillborn, and has nothing but our suite where no end was seen of the others.
    """

    kind: Kind
    operator: str
    place: str
    description: str
    verdict: Verdict
    killed_by: dict[str, bool] = field(default_factory=dict)
    diff: str = ""
    reason: str = ""
    seconds: float = 0.0

    @property
    def noticed(self) -> bool:
        """Whether our suite notices."""
        return self.verdict in NOTICED


def result_of(
    mutant: Mutant,
    verdict: Verdict,
    killed_by: dict[str, bool] | None = None,
    *,
    diff: str = "",
    reason: str = "",
) -> MutantResult:
    """The result for a mutant, its time not yet known."""
    return MutantResult(
        mutant.kind, mutant.operator, mutant.place, mutant.description, verdict, killed_by or {}, diff, reason
    )
