"""Lay out: source text => its tokens, each with what stands before it and how far it is indented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lark import Token, Tree

from ..frontend.parse import grammar

STEP = 4
"""Columns of one level."""

HANG = 2 * STEP
"""Columns by which the rest of a statement is further in than its beginning."""

Node = Token | Tree[Token]
Method = Callable[[Sequence[Node], "Before"], None]

_WITHOUT_BLANKS = ("place", "params", "for_head", "assertion", "call_statement", "call", "atom", "unary")
"""The rules of the grammar whose parts stand next to each other but for a blank after commas."""


@dataclass(frozen=True)
class Before:
    """What stands before a token.

    `blanks` are columns on the same line; `rank` tells how deep in the statement the place is, if the line
    may be broken there. With `line` the token begins one, with `apart` also a blank line stands above.
    """

    blanks: int = 1
    rank: int | None = None
    line: bool = False
    apart: bool = False


JOIN, SPACE, LINE, APART = Before(0), Before(), Before(line=True), Before(line=True, apart=True)


@dataclass(frozen=True)
class Piece:
    """One token. The columns are for it on a new line, for it after a break, and for comments above it."""

    text: str
    start: int
    end: int
    before: Before
    column: int
    hang: int
    comments: int

    @property
    def opens(self) -> bool:
        """Whether a block begins with it."""
        return self.text == "{"

    @property
    def closes(self) -> bool:
        """Whether a block ends with it."""
        return self.text == "}"


def lay_out(text: str) -> list[Piece]:
    """The tokens of a text that parses."""
    layout = _Layout()
    layout.put(grammar(every_token=True).parse(text), LINE)
    return layout.pieces


class _Layout:
    """Goes through the tree. Methods are named after rules of the grammar; `before` is of the first token."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self._column = 0
        self._hang = HANG
        self._rank = 0

    def put(self, node: Node, before: Before) -> None:
        """Lay out a token or a subtree."""
        if isinstance(node, Token):
            self._token(node, before)
        elif node.children:
            default = self._joined if node.data in _WITHOUT_BLANKS else self._words
            method: Method = getattr(self, f"_{node.data}", default)
            method(node.children, before)

    def _token(self, token: Token, before: Before) -> None:
        start = token.start_pos or 0
        hang = self._column if token in ("{", "else") else self._hang
        comments = self._column + STEP if token == "}" else self._column
        self.pieces.append(Piece(str(token), start, start + len(token), before, self._column, hang, comments))

    def _words(self, children: Sequence[Node], before: Before) -> None:
        """What has no layout of its own: a blank between words, and none where a sentence has none."""
        for child in children:
            self.put(child, JOIN if child in (";", ",", ")", ":") else before)
            before = JOIN if child == "(" else SPACE

    def _joined(self, children: Sequence[Node], before: Before) -> None:
        """No blanks, but after a comma, where the line may be broken."""
        self._rank += 1
        for child in children:
            self.put(child, before)
            before = Before(rank=self._rank) if child == "," else JOIN
        self._rank -= 1

    def _lines(self, statements: Sequence[Node]) -> None:
        """Each on a line of its own, a level further in."""
        self._column += STEP
        for node in statements:
            apart = isinstance(node, Tree) and node.data in ("routine", "invariant", "expect")
            self._line(node, APART if apart else LINE)
        self._column -= STEP

    def _line(self, node: Node, before: Before) -> None:
        outer, self._hang = self._hang, self._column + HANG
        self.put(node, before)
        self._hang = outer

    # --- files and declarations

    def _variant(self, children: Sequence[Node], before: Before) -> None:
        self._words(children[:3], before)
        self._block(children[3:], SPACE)

    def _library(self, children: Sequence[Node], before: Before) -> None:
        self._words(children[:4], before)
        for routine in children[4:]:
            self._line(routine, APART)

    def _routine(self, children: Sequence[Node], before: Before) -> None:
        *head, body = children
        if isinstance(head[0], Tree):
            self.put(head.pop(0), before)
            before = SPACE
        self._joined(head, before)
        self.put(body, SPACE)

    def _invariant(self, children: Sequence[Node], before: Before) -> None:
        self._words(children[:2], before)
        self._block(children[2:], SPACE)

    def _expect(self, children: Sequence[Node], before: Before) -> None:
        """Properties, verdicts and scopes stand in columns."""
        lines = [line.children for line in children[2:-1] if isinstance(line, Tree)]
        names = max((len(str(line[0])) for line in lines), default=0)
        verdicts = max((len(_text(line[1])) for line in lines), default=0)
        self.put(children[0], before)
        self.put(children[1], SPACE)
        self._column += STEP
        self._hang = self._column + names + verdicts + len("  in ")
        for name, verdict, word, *scopes in lines:
            self.put(name, LINE)
            self.put(verdict, Before(1 + names - len(str(name))))
            self.put(word, Before(1 + verdicts - len(_text(verdict))))
            self._joined(scopes, SPACE)
        self._column -= STEP
        self.put(children[-1], LINE if lines else SPACE)

    # --- statements

    def _block(self, children: Sequence[Node], before: Before) -> None:
        self.put(children[0], before)
        self._lines(children[1:-1])
        self.put(children[-1], LINE if len(children) > 2 else SPACE)

    def _body(self, node: Node) -> None:
        """What a loop or a branch does: a block on the same line, anything else below."""
        if _is(node, "block"):
            self.put(node, SPACE)
        else:
            self._lines([node])

    def _if_statement(self, children: Sequence[Node], before: Before) -> None:
        self._words(children[:4], before)
        self._body(children[4])
        if len(children) == 5:
            return
        self.put(children[5], SPACE if _is(children[4], "block") else LINE)
        if _is(children[6], "if_statement"):
            self.put(children[6], SPACE)
        else:
            self._body(children[6])

    def _while_statement(self, children: Sequence[Node], before: Before) -> None:
        self._words(children[:4], before)
        self._body(children[4])

    def _for_each(self, children: Sequence[Node], before: Before) -> None:
        self.put(children[0], before)
        self._body(children[1])

    def _labelled(self, children: Sequence[Node], before: Before) -> None:
        """The label stands before its statement, on the same line."""
        self._joined(children[:2], before)
        self.put(children[2], SPACE)

    # --- expressions

    def _binary(self, children: Sequence[Node], before: Before) -> None:
        left, operator, right = children
        self._rank += 1
        self.put(left, before)
        self.put(operator, SPACE)
        self.put(right, Before(rank=self._rank))
        self._rank -= 1

    def _quantified(self, children: Sequence[Node], before: Before) -> None:
        quantifier, binding, *rest = children
        self.put(quantifier, before)
        self._rank += 1
        self.put(binding, SPACE)
        follows = JOIN
        for child in rest:
            self.put(child, follows)
            follows = Before(rank=self._rank) if child in (",", ":") else JOIN
        self._rank -= 1


def _is(node: Node, rule: str) -> bool:
    return isinstance(node, Tree) and node.data == rule


def _text(node: Node) -> str:
    """The text of a token, or of a rule that is a single token."""
    return str(node) if isinstance(node, Token) else str(node.children[0])
