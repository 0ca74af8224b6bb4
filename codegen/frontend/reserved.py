"""Names that a variant may not declare, each with the reason that its error gives."""

from __future__ import annotations

import keyword
import re

from ..ir.steps import MACHINE_VARIABLES

LONGEST = 63
"""C promises this many significant characters; generated files are named after variants, too."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STATE = frozenset({*MACHINE_VARIABLES, "last_writer", "missed", "booted"})
"""The state variables of the machine: their names are the same in TLA+, in traces and in Python."""

DOMAINS = frozenset({"cpus", "zones", "tasks"})
"""What the variables of an invariant range over."""

INVARIANT_FUNCTIONS = frozenset({"owes", "awaits"})
"""Functions of invariants: what a call still owes, and whose answer it waits for."""

PLACES = ("idle", "return", "ack")
"""Places without a label: between two calls, before a call's return, before a handler's acknowledgement."""

_TLA_WORDS = _words("""
    ACTION ASSUME ASSUMPTION AXIOM BOOLEAN BY CASE CHOOSE CONSTANT CONSTANTS COROLLARY DEF DEFINE DEFS DOMAIN
    ELSE ENABLED EXCEPT EXTENDS FALSE HAVE HIDE IF IN INSTANCE LAMBDA LEMMA LET LOCAL MODULE NEW OBVIOUS
    OMITTED ONLY OTHER PICK PROOF PROPOSITION PROVE QED RECURSIVE SF_ STATE STRING SUBSET SUFFICES TAKE
    TEMPORAL THEN THEOREM TRUE UNCHANGED UNION USE VARIABLE VARIABLES WF_ WITH WITNESS
""")
_GENERATED_TLA = _words("""
    vars machine_vars control_vars program_vars irq task_call task_return handler_take handler_ack
    task_signal workload_free workload_link workload_count workload_alloc cpu_offline cpu_dead cpu_online
    boot_machine
""")
_GENERATED_PYTHON = frozenset({"self", "kernel", "until", "outcome"})
_TOP_LEVEL = frozenset({"c", "d", "z", "name", "nr_cpus"})
_MODULES = _words("""
    allocation allocator any apalache buddy cpumask finite_sets generator handler hotplug integers kernel
    machine mutex naturals none program properties sequences spinlock state steps tlc variants
""")


def reserved(name: str, *, top_level: bool) -> str | None:
    """Why `name` cannot be declared, or None when it can be.

    `top_level` is for statics, counters and routines, whose names stand bare in the generated files.
    """
    if name in STATE:
        return "it is a state variable of the machine"
    if name in DOMAINS or name in INVARIANT_FUNCTIONS:
        return "it has a meaning of its own in invariants"
    if name in _TLA_WORDS or name.startswith(("WF_", "SF_")):
        return "it is a reserved word of TLA+"
    if name in {"Init", "Next", "Spec"}:
        return "it is a definition of the generated TLA+ module"
    if keyword.iskeyword(name):
        return "it is a keyword of Python"
    if name in _GENERATED_TLA:
        return "the generated TLA+ module uses it"
    if name in _GENERATED_PYTHON or (top_level and name in _TOP_LEVEL):
        return "the generated files use it"
    if re.search(r"_(?:\d+|value|argument)$", name):
        return "the compiler's own copies and temporaries end so"
    return _bad_shape(name)


def reserved_variant(name: str) -> str | None:
    """Why a variant cannot be called `name`; its module and class are named after it."""
    if name in _MODULES:
        return "a module or class of that name exists"
    if keyword.iskeyword(name):
        return "it is a keyword of Python"
    return _bad_shape(name)


def _bad_shape(name: str) -> str | None:
    if len(name) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if name[0].isupper():
        return "a capital is for definitions in TLA+; write it in lower case, as the kernel does"
    if name.startswith("_") or name.endswith("_") or "__" in name:
        return "`__` joins a routine and its variable in TLA+; use single underscores between words"
    if not re.fullmatch(r"[A-Za-z0-9_]+", name, re.ASCII):
        return "only ASCII letters, digits and underscores"
    return None
