"""Check: AST => the same AST, known to mean something: each name declared once, each kind where it fits.

Also says which parts of a variant wait for a later version of the compiler or of the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .. import ast, errors
from ..source import Span
from .builtins import Kind
from .calls import Routines, check_inlining, written_masks
from .declare import Declarations, shown
from .expectations import Vocabulary, check_expectations
from .expressions import Expressions
from .flow import falls_through
from .invariants import check_invariants, labels
from .reserved import reserved_variant
from .statements import Body
from .support import unsupported, unsupported_in
from .symbols import KIND_OF_TYPE, Names, Role, Symbol, library_names, routine_symbol

__all__ = ["ENTRY", "Vocabulary", "check", "check_library"]

ENTRY = "drain_all_pages"
"""The routine that a variant is a variant of."""

_STATIC_TYPES = ("cpumask", "cpumask_var", "spinlock", "mutex")
_PARAM_TYPES = ("cpumask", "handler", "condition", "cpu", "bool", "int")


def check(
    variant: ast.Variant, libraries: Sequence[ast.Library], vocabulary: Vocabulary
) -> tuple[errors.Diagnostic, ...]:
    """Check a variant against the libraries, which are taken to be checked themselves.

    Returns:
        The warnings, sorted by place: claims that are not checked (N502).

    Raises:
        errors.DrainErrors: all errors of names and kinds, and constructs that are not supported yet (N501).
    """
    problems: list[errors.Diagnostic] = []
    reason = reserved_variant(variant.name.text)
    if reason is not None:
        problems.append(errors.reserved_name(variant.name.span, shown(variant.name.span), reason))

    names = library_names(routine for library in libraries for routine in library.routines).inner()
    declarations = Declarations(problems)
    for static in variant.statics:
        if static.type not in _STATIC_TYPES:
            problems.append(errors.wrong_declared_type(static.type_span, Role.STATIC, _STATIC_TYPES))
        if static.uninitialised is not None and KIND_OF_TYPE[static.type] is not Kind.MASK:
            problems.append(errors.only_masks_uninitialised(static.uninitialised, static.type))
        symbol = Symbol(static.name.text, KIND_OF_TYPE[static.type], Role.STATIC, static.name.span)
        declarations.declare(symbol, names, top_level=True)
    for allow in variant.allowed:
        if allow.code.text not in errors.ALLOWABLE:
            problems.append(errors.not_allowable(allow.code.span))
    for counter in variant.counters:
        symbol = Symbol(counter.name.text, Kind.COUNTER, Role.COUNTER, counter.name.span)
        declarations.declare(symbol, names, top_level=True)

    routines = _declare_routines(variant.routines, libraries, names, declarations, entry=ENTRY)
    entry = routines.get(ENTRY)
    if entry is None:
        problems.append(errors.missing_entry(variant.name.span, ENTRY))
    _check_bodies(variant.routines, routines, names, problems)

    problems.extend(check_invariants(variant, routines, names, vocabulary.properties))
    problems.extend(check_expectations(variant, vocabulary))
    if not variant.proofs:
        advice = "say what it proves: expect { drain_complete proved in SCOPE; }"
        for invariant in variant.invariants:
            what = f"invariant `{invariant.name.text}`"
            problems.append(errors.not_checked(invariant.name.span, what, advice))
    problems.extend(unsupported(variant, entry, routines))
    return _settle(problems)


def check_library(library: ast.Library, others: Sequence[ast.Library]) -> tuple[errors.Diagnostic, ...]:
    """Check a library, whose routines may call those of the `others`.

    Raises:
        errors.DrainErrors: all errors of names and kinds, and constructs that are not supported yet (N501).
    """
    problems: list[errors.Diagnostic] = []
    names = library_names(routine for other in others for routine in other.routines).inner()
    routines = _declare_routines(library.routines, others, names, Declarations(problems), entry=None)
    _check_bodies(library.routines, routines, names, problems)
    problems.extend(check_invariants(library, routines, names, ()))
    for routine in library.routines:
        problems.extend(unsupported_in(routine))
    return _settle(problems)


def _settle(problems: Iterable[errors.Diagnostic]) -> tuple[errors.Diagnostic, ...]:
    """Raise the errors if there are any; else give the warnings, sorted."""
    settled = errors.DrainErrors(problems)
    failures = [problem for problem in settled.diagnostics if problem.severity == "error"]
    if failures:
        raise errors.DrainErrors(failures)
    return settled.diagnostics


def _declare_routines(
    own: Sequence[ast.Routine],
    libraries: Sequence[ast.Library],
    names: Names,
    declarations: Declarations,
    *,
    entry: str | None,
) -> dict[str, ast.Routine]:
    """Make the file's routines known; all that can be called, by name."""
    problems = declarations.problems
    routines = {routine.name.text: routine for library in libraries for routine in library.routines}
    for routine in own:
        name = routine.name
        if (routine.kind == "entry") != (name.text == entry):
            problems.append(errors.other_entry(name.span, entry, routine.kind))
        declarations.declare(routine_symbol(routine), names, top_level=True)
        symbol = names.own.get(name.text)
        if symbol is not None and symbol.routine is routine:
            routines[name.text] = routine
        if routine.params and name.text == entry:
            problems.append(errors.entry_with_parameters(_params_span(routine), name.text))
        elif routine.params and routine.kind == "handler":
            problems.append(errors.handler_with_parameters(_params_span(routine), name.text))
    return routines


def _params_span(routine: ast.Routine) -> Span:
    first, last = routine.params[0].span, routine.params[-1].span
    return first.source.span(first.start, last.end)


def _check_bodies(
    own: Sequence[ast.Routine], routines: Routines, names: Names, problems: list[errors.Diagnostic]
) -> None:
    """Check each routine of the file by itself, then how they call each other."""
    expressions = Expressions(problems, written_masks(routines))
    declarations = Declarations(problems)
    for routine in own:
        body = Body(expressions, declarations, gives=routine.kind == "condition")
        inside = names.inner()
        for param in routine.params:
            if param.type not in _PARAM_TYPES:
                problems.append(errors.wrong_declared_type(param.type_span, Role.PARAMETER, _PARAM_TYPES))
            symbol = Symbol(param.name.text, KIND_OF_TYPE[param.type], Role.PARAMETER, param.name.span)
            body.declare(symbol, inside)
        body.block(routine.body, inside)
        if routine.kind == "condition" and falls_through(routine.body):
            brace = routine.body.span.source.span(routine.body.span.end - 1, routine.body.span.end)
            problems.append(errors.condition_without_end(brace, routine.name.text))
    labels(own, problems)
    problems.extend(check_inlining(own, routines))
