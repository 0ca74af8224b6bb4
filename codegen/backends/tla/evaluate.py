r"""Evaluate: whether a guard holds in a state, from its finished text and the text of what it uses.

The expressions of guards are few: no quantifier but `{x \in S : P}`, no CHOOSE, no EXCEPT. Each is parsed and
turned into a Python function of the state, once. As with the frames, this knows nothing of how the text was
made; what it says is compared with the graph that a checker found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError

from ...graph import Value
from ...scopes import Scope
from .guards import Definition, Guard, definitions

_GRAMMAR = r"""
?start: implied
?implied: either (_IMPLIES either)?          -> implies
?either: both ("\\/" both)*                -> any_of
?both: negated ("/\\" negated)*            -> all_of
?negated: "~" negated                      -> negation
    | compared
?compared: united (COMPARISON united)?     -> comparison
?united: added (UNION added)*              -> united
?added: applied (SIGN applied)*            -> united
?applied: applied "[" implied "]"          -> element
    | NAME "(" implied ("," implied)* ")"  -> call
    | NAME                                 -> name
    | INT                                  -> text
    | "-" INT                              -> minus
    | STRING                               -> text
    | "{" "}"                              -> empty
    | "{" NAME "\\in" united ":" implied "}" -> chosen
    | "{" implied ("," implied)* "}"       -> members
    | "IF" implied "THEN" implied "ELSE" implied -> choice
    | "(" implied ")"
_IMPLIES.2: "=>"
COMPARISON: "/=" | ">=" | "<=" | "=" | ">" | "<" | "\\in" /\b/ | "\\notin" | "\\subseteq"
UNION: "\\cap" | "\\cup" | "\\" / /
SIGN: "+" | "-"
NAME: /(?!(?:IF|THEN|ELSE)\b)[A-Za-z_]\w*/
STRING: /"[^"\n]*"/
%import common.INT
%ignore /\s+/
"""

_OPERATORS = {
    "=": "==", "/=": "!=", "\\in": "in", "\\notin": "not in", "\\subseteq": "<=",
    "\\cap": "&", "\\cup": "|", "\\": "-",
}  # fmt: skip

_TRUTHS = {"TRUE": "True", "FALSE": "False"}

_CONSTANTS = (
    "Cpus", "Zones", "Tasks", "Home", "Pages", "High", "Batch", "Calls", "Leavers", "Signals", "CountWindow",
)  # fmt: skip

_DEFINED = re.compile(r"(?<=\s)(?P<name>[A-Za-z_]\w*) ==")

Holds = Callable[[Mapping[str, Value]], bool]
"""Whether something holds in a state, whose variables have their names in TLA+."""


class EvaluationError(Exception):
    """A guard has a form that is not evaluated; the message shows it."""


class Evaluator:
    """Evaluates the guards of a model's files at a scope."""

    def __init__(self, files: Mapping[str, str], variables: frozenset[str], scope: Scope) -> None:
        self._known = {name: found for text in files.values() for name, found in definitions(text)}
        self._variables = variables
        self._parser = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)
        self._space: dict[str, Any] = {**_constants(scope), "Cardinality": lambda _s, of: len(of)}
        self._done: dict[tuple[str, str, tuple[str, ...]], Holds] = {}

    def holds(self, guard: Guard, state: Mapping[str, Value]) -> bool:
        """Whether a guard holds.

        Raises:
            EvaluationError: its text has a form that is not known here.
        """
        key = (guard.operator, guard.text, guard.arguments)
        if key not in self._done:
            function = self._function(guard.parameters, guard.definitions, guard.text)
            arguments = [self._function((), "", argument) for argument in guard.arguments]
            self._done[key] = lambda s: bool(function(s, *(argument(s) for argument in arguments)))
        return self._done[key](state)

    def _function(self, parameters: tuple[str, ...], let: str, text: str) -> Callable[..., Any]:
        """An operator as a function of the state and its arguments."""
        plain = _without_let(text, let)
        try:
            tree = self._parser.parse(plain)
        except LarkError:
            raise EvaluationError(f"a guard of a form that is not evaluated: {plain}") from None
        body = _ToPython(self, frozenset(parameters)).transform(tree)
        function: Callable[..., Any] = eval(f"lambda {', '.join(('s', *parameters))}: {body}", self._space)
        return function

    def named(self, name: str, bound: frozenset[str]) -> str:
        """What a name stands for, in Python."""
        if name in _TRUTHS:
            return _TRUTHS[name]
        if name in bound or name in _CONSTANTS:
            return name
        if name in self._variables:
            return f"s[{name!r}]"
        return f"{self.operator(name)}(s)" if name in self._known else name

    def operator(self, name: str) -> str:
        """The Python name of an operator, which is made a function when it is first used."""
        if name not in self._space and name in self._known:
            found: Definition = self._known[name]
            (body,) = found.conjuncts
            self._space[name] = None  # it does not use itself
            self._space[name] = self._function(found.parameters, found.definitions, body)
        return name


class _ToPython(Transformer[Token, str]):
    """From a parse tree to the text of a Python expression; the parameters are `bound`."""

    def __init__(self, evaluator: Evaluator, bound: frozenset[str]) -> None:
        super().__init__()
        self._evaluator, self._bound = evaluator, bound

    def implies(self, parts: list[str]) -> str:
        return parts[0] if len(parts) == 1 else f"(not {parts[0]} or {parts[1]})"

    def any_of(self, parts: list[str]) -> str:
        return f"({' or '.join(parts)})"

    def all_of(self, parts: list[str]) -> str:
        return f"({' and '.join(parts)})"

    def negation(self, parts: list[str]) -> str:
        return f"(not {parts[0]})"

    def comparison(self, parts: list[str]) -> str:
        return self.united(parts)

    def united(self, parts: list[str]) -> str:
        return f"({' '.join(_OPERATORS.get(str(part).strip(), str(part)) for part in parts)})"

    def element(self, parts: list[str]) -> str:
        return f"{parts[0]}[{parts[1]}]"

    def call(self, parts: list[str]) -> str:
        return f"{self._evaluator.operator(str(parts[0]))}({', '.join(('s', *parts[1:]))})"

    def name(self, parts: list[str]) -> str:
        return self._evaluator.named(str(parts[0]), self._bound)

    def text(self, parts: list[str]) -> str:
        return str(parts[0])

    def minus(self, parts: list[str]) -> str:
        return f"(-{parts[0]})"

    def empty(self, _parts: list[str]) -> str:
        return "frozenset()"

    def members(self, parts: list[str]) -> str:
        return f"frozenset(({', '.join(parts)},))"

    def chosen(self, parts: list[str]) -> str:
        return f"frozenset({parts[0]} for {parts[0]} in {parts[1]} if {parts[2]})"

    def choice(self, parts: list[str]) -> str:
        return f"({parts[1]} if {parts[0]} else {parts[2]})"


def _constants(scope: Scope) -> dict[str, Any]:
    """The constants of the modules."""
    values = (
        frozenset(range(scope.cpus)), frozenset(range(scope.zones)), frozenset(range(len(scope.drainers))),
        scope.drainers, scope.pages, scope.high, scope.batch, scope.calls, frozenset(scope.leavers),
        scope.signals, scope.count_window,
    )  # fmt: skip
    return dict(zip(_CONSTANTS, values, strict=True))


def _without_let(text: str, let: str) -> str:
    """The text with what the names of a LET stand for in their place."""
    starts = list(_DEFINED.finditer(let))
    ends = [found.start() for found in starts[1:]] + [len(let)]
    for found, end in reversed(list(zip(starts, ends, strict=False))):
        meaning = f"({let[found.end() : end].strip()})"
        text = re.sub(rf"\b{found['name']}\b", meaning.replace("\\", r"\\"), text)
    return text
