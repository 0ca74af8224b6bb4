"""Find loops that could turn for ever without a step; these get one of their own."""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.tree import Branch, ForEach, Inline, Jump, Loop, Node, Scope, contains_step


def needs_pause(body: Sequence[Node]) -> bool:
    """Whether one round of a loop with this body may pass without any step."""
    return bool(_silent_ends(body) & {"fall", "continue"})


def _silent_ends(nodes: Sequence[Node]) -> set[str]:
    """How a sequence can end before any step: `fall` (through its end), `break`, `continue`, `return`."""
    ends: set[str] = set()
    for node in nodes:
        through = _silent_node(node)
        ends |= through - {"fall"}
        if "fall" not in through:
            return ends
    return ends | {"fall"}


def _silent_node(node: Node) -> set[str]:
    if contains_step(node) and not isinstance(node, ForEach):
        return set()
    match node:
        case Branch(_, then, other):
            return _silent_ends(then) | _silent_ends(other)
        case Scope(_, body):
            return _silent_ends(body)
        case Jump(kind):
            return {kind}
        case Inline(instance):
            ends = _silent_ends(instance.body)
            return {"fall"} if ends & {"fall", "return"} else set()
        case Loop(body):
            return _after_loop(_silent_ends(body))
        case ForEach(_, mask, body, step):
            inner = set() if step else _silent_ends(body)
            return _after_loop(inner) | ({"fall"} if mask is not None else set())
    return {"fall"}


def _after_loop(ends: set[str]) -> set[str]:
    return (ends & {"return"}) | ({"fall"} if "break" in ends else set())
