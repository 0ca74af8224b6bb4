"""Drop statement: an operator for cosmic-ray, which has none that leaves something undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_UNDONE = ("expr_stmt", "atom_expr", "yield_expr")
"""What can be left undone: an assignment, a call, a step."""


def drop_statement() -> Any:
    """The operator. cosmic-ray is imported only here, as it need not be installed."""
    from cosmic_ray.operators.operator import Operator
    from parso.python.tree import Keyword

    class DropStatement(Operator):  # type: ignore[misc]
        """`pass` for a statement of a function."""

        def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
            """Each statement by itself on its line; a docstring is none."""
            if node.type == "simple_stmt" and len(node.children) == 2:
                inside = node.search_ancestor("funcdef") is not None
                if inside and node.children[0].type in _UNDONE:
                    yield node.start_pos, node.end_pos

        def mutate(self, node: Any, index: int) -> Any:
            """The line with `pass` on it."""
            del index
            first = node.get_first_leaf()
            node.children[0] = Keyword("pass", first.start_pos, first.prefix)
            return node

        @classmethod
        def examples(cls) -> tuple[Any, ...]:
            """None: tests have some."""
            return ()

    return DropStatement()
