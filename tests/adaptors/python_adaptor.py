"""The Python of tests/adaptors/python as an Implementation: it has the four methods, and needs its bounds.

PCPDRAIN_IMPLEMENTATION=tests.adaptors.python_adaptor:factory
"""

from dataclasses import fields

from pcpdrain.pcpref.scope import Scope
from pcpdrain.pcpref.suite import Suite

from .python.per_cpu_summary import PerCpuSummary


def by_hand(scope: Scope) -> PerCpuSummary:
    return PerCpuSummary(**{field.name: getattr(scope, field.name) for field in fields(PerCpuSummary)})


def factory(suite: Suite) -> PerCpuSummary:
    return by_hand(suite.scope)
