"""Explain: the place where the parser gave up => the one message that helps most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import cast

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from .. import errors
from ..source import Source, Span
from .brackets import unclosed_bracket

_WORDS = {"NAME": "a name", "NUMBER": "a number", "STRING": "a string", "$END": "the end of the file"}

_TYPES = frozenset(
    {"CPUMASK", "CPUMASK_VAR", "SPINLOCK", "MUTEX", "BOOL", "INT", "CPU", "HANDLER", "CONDITION"}
)
_VALUE = frozenset({"NAME", "NUMBER", "TRUE", "FALSE", "NOT", "SUM", "LPAR"})
_STATEMENT = frozenset({"IF", "WHILE", "BREAK", "CONTINUE", "RETURN", "ATOMIC", "ASSERT", "LBRACE", "NAME"})
_ITEM = frozenset(
    {"ORIGIN", "ALLOW", "STATIC", "COUNTER", "ROUTINE", "INVARIANT", "EXPECT", "HANDLER", "CONDITION", "NAME"}
)
_LOOPS = frozenset({"FOR_EACH_ONLINE_CPU", "FOR_EACH_POPULATED_ZONE", "FOR_EACH_CPU"})
_OPERATORS = frozenset({"OR", "AND", "RELATION", "PRODUCT", "SUM", "IN", "IMPLIES"})

# Terminals that a reader knows by one phrase: those of the first set must be there, the others may be.
_PHRASES = (
    (_STATEMENT, _LOOPS | _TYPES, "a statement"),
    (_ITEM, frozenset[str](), "a declaration"),
    (_TYPES, frozenset[str](), "a type"),
    (_VALUE, frozenset({"FORALL", "EXISTS"}), "a value"),
    (frozenset({"PRODUCT"}), _OPERATORS, "an operator"),
)

_C_ONLY = frozenset({"for", "do", "switch", "goto"})
_ONLY_OUTSIDE = frozenset({"ORIGIN", "ALLOW", "INVARIANT", "EXPECT", "ROUTINE"})


def explain(source: Source, error: UnexpectedInput, parser: Lark) -> errors.Diagnostic:
    """The diagnostic for a failure of the parser."""
    if isinstance(error, UnexpectedCharacters):
        start = cast(int, error.pos_in_stream)  # lark's own type for it is None
        return errors.unexpected_character(source.span(start, start + 1))
    if not isinstance(error, UnexpectedToken):
        raise TypeError(f"the parser failed in an unknown way: {error!r}")
    if error.token.type == "$END":
        return _at_end(source, error, parser)
    span = _span(source, error.token)
    comment = source.text.find("/*", max(0, span.start - 1), span.start + 2)
    if comment >= 0 and source.text[max(0, comment - 1) : comment + 1] != "*/":
        return errors.unexpected_character(source.span(comment, comment + 2))
    misspelt = _misspelt(source, error.token, parser)
    if misspelt is not None:
        return misspelt
    if error.token.type in _ONLY_OUTSIDE:
        opening = unclosed_bracket(source, span.start, at_least=2)
        if opening is not None:
            return errors.unclosed(opening)
    keyword = error.token.type not in {"NAME", "NUMBER", "STRING"} and str(error.token).isidentifier()
    return errors.unexpected_token(span, readable(error.accepts, parser), keyword=keyword)


def _at_end(source: Source, error: UnexpectedToken, parser: Lark) -> errors.Diagnostic:
    if not any(True for _ in parser.lex(source.text)):
        return errors.empty(source)
    opening = unclosed_bracket(source, len(source.text))
    if opening is not None:
        return errors.unclosed(opening)
    end = len(source.text.rstrip())
    return errors.unexpected_end(source.span(max(0, end - 1), end), readable(error.accepts, parser))


def _span(source: Source, token: Token) -> Span:
    return source.span(token.start_pos or 0, token.end_pos or 0)


# --- misspelt keywords


def _misspelt(source: Source, unexpected: Token, parser: Lark) -> errors.Diagnostic | None:
    """A name shortly before the unexpected token that, were it the keyword it resembles, would make sense."""
    tokens: list[Token] = []
    for token in parser.lex(source.text):
        tokens.append(token)
        if token.start_pos == unexpected.start_pos:
            break
    keywords = {
        t.pattern.value: t.name for t in parser.terminals if t.pattern.value.replace("_", "").isalpha()
    }
    for index in _suspects(tokens):
        word = str(tokens[index])
        if word in _C_ONLY:
            return errors.unexpected_token(_span(source, tokens[index]), ())
        for keyword in _near(word, keywords):
            if _parses(parser, tokens, index, keywords[keyword], keyword):
                return errors.misspelt(_span(source, tokens[index]), keyword)
    return None


def _suspects(tokens: Sequence[Token]) -> list[int]:
    """The unexpected token itself, the one before it, and the one before a parenthesis that ends there."""
    last = len(tokens) - 1
    found = [last, last - 1]
    depth = 0
    for index in range(last - 1, 0, -1):
        depth += {"RPAR": 1, "LPAR": -1}.get(tokens[index].type, 0)
        if depth <= 0:
            found.append(index - 1)
            break
    return [index for index in dict.fromkeys(found) if index >= 0 and tokens[index].type == "NAME"]


def _near(word: str, keywords: Iterable[str]) -> list[str]:
    if len(word) > 2 * max(map(len, keywords)):
        return []
    swapped = [keyword for keyword in keywords if sorted(keyword) == sorted(word.lower())]
    return list(dict.fromkeys([*swapped, *get_close_matches(word.lower(), keywords, n=3, cutoff=0.7)]))


def _parses(parser: Lark, tokens: Sequence[Token], index: int, terminal: str, text: str) -> bool:
    """Whether all the tokens can be read when the one at `index` is a keyword."""
    state = parser.parse_interactive("")
    try:
        for position, token in enumerate(tokens):
            state.feed_token(Token.new_borrow_pos(terminal, text, token) if position == index else token)
    except UnexpectedToken:
        return False
    return True


# --- what could have stood there


def readable(terminals: Iterable[str], parser: Lark) -> list[str]:
    """Terminals as a reader knows them: `;` for SEMICOLON, "a value" for all that can begin one."""
    left = set(terminals)
    phrases = []
    for needed, with_it, phrase in _PHRASES:
        if needed <= left:
            left -= needed | with_it
            phrases.append(phrase)
    patterns = {terminal.name: terminal.pattern for terminal in parser.terminals}
    for name in left:
        if name in _WORDS:
            phrases.append(_WORDS[name])
        elif name in patterns and patterns[name].type == "str":
            phrases.append(patterns[name].value)
        elif name in _OPERATORS:
            phrases.append("an operator")
    return sorted(set(phrases))
