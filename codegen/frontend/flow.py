"""Flow: whether the end of a statement can be reached, as far as its form tells."""

from __future__ import annotations

from .. import ast


def falls_through(statement: ast.Stmt) -> bool:
    """Whether what follows a statement may be reached. Of conditions, only `while (true)` is looked at."""
    match statement:
        case ast.Block(body):
            return all(falls_through(inner) for inner in body)
        case ast.Labelled(_, inner):
            return falls_through(inner)
        case ast.Atomic(block):
            return falls_through(block)
        case ast.If(_, then, other):
            return other is None or falls_through(then) or falls_through(other)
        case ast.While(ast.Truth(True), body):
            return _breaks(body)
        case ast.Return() | ast.Jump():
            return False
    return True


def _breaks(statement: ast.Stmt) -> bool:
    """Whether a `break` in the body of a loop leaves that loop."""
    match statement:
        case ast.Jump(kind):
            return kind == "break"
        case ast.Block(body):
            return any(_breaks(inner) for inner in body)
        case ast.Labelled(_, inner):
            return _breaks(inner)
        case ast.Atomic(block):
            return _breaks(block)
        case ast.If(_, then, other):
            return _breaks(then) or (other is not None and _breaks(other))
    return False
