"""Parse: source text => AST. Only the shape is known afterwards; names mean nothing yet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree, UnexpectedInput

from .. import ast, errors
from ..source import Source, Span
from .brackets import too_deep_bracket
from .build import BuildAst
from .explain import explain

DEEPEST = 100
"""How deep brackets, and nodes of the syntax tree, may be nested; a variant by hand has about ten levels.

Every later pass follows the tree by recursion, a few frames for each level, and Python has 1000.
"""

_HEADS = ("ROUTINE", "HANDLER", "CONDITION")


class ParameterTypes:
    """Makes `cpu` a type where a routine declares a parameter; loops may go on calling their variable so."""

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The same tokens, with the type `cpu` told from the name."""
        before = ["", "", ""]
        inside = False
        for token in stream:
            if token.type == "LPAR":
                inside = before[1] in _HEADS and before[2] == "NAME"
            elif token.type == "RPAR":
                inside = False
            is_type = inside and token == "cpu" and before[2] in ("LPAR", "COMMA")
            before = [*before[1:], token.type]
            yield Token.new_borrow_pos("CPU", "cpu", token) if is_type else token


@cache
def grammar(*, every_token: bool = False) -> Lark:
    """The parser. A keyword is a keyword everywhere, never a name: the lexer does not look at the context.

    With `every_token` its trees keep also the tokens that mean nothing, such as brackets.
    """
    text = files(__package__).joinpath("..", "grammar.lark").read_text(encoding="utf-8")
    return Lark(
        text,
        parser="lalr",
        lexer="basic",
        postlex=ParameterTypes(),
        propagate_positions=True,
        keep_all_tokens=every_token,
        maybe_placeholders=False,
    )


@cache
def keywords() -> frozenset[str]:
    """The words that are never a name."""
    words = (terminal.pattern.value for terminal in grammar().terminals if terminal.pattern.type == "str")
    return frozenset(word for word in words if word.isidentifier())


def parse(source: Source) -> ast.Variant | ast.Library:
    """Parse a whole file.

    Raises:
        errors.DrainErrors: the text is not a `.drain` file; the first place where it goes wrong.
    """
    _refuse_too_deep(source, too_deep_bracket(source, DEEPEST))
    try:
        tree = grammar().parse(source.text)
    except UnexpectedInput as error:
        raise errors.DrainErrors([explain(source, error, grammar())]) from None
    _refuse_too_deep(source, _too_deep_node(source, tree))
    build = BuildAst(source)
    result: ast.Variant | ast.Library = build.transform(tree)
    if build.problems:
        raise errors.DrainErrors(build.problems)
    return result


def _refuse_too_deep(source: Source, span: Span | None) -> None:
    if span is not None:
        raise errors.DrainErrors([errors.too_deep(source, span)])


def _too_deep_node(source: Source, tree: Tree[Token]) -> Span | None:
    """The place of the first node below `DEEPEST` levels, found without recursion."""
    level = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node.children if isinstance(child, Tree)]
    starts = [(node.meta.start_pos, node.meta.end_pos) for node in level if not node.meta.empty]
    return source.span(*min(starts)) if starts else None
