"""Cpumasks and scopes: values, bounds, and what a loop over a changing mask sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpdrain.pcpref import Scope
from pcpdrain.pcpref.cpumask import Cpumask
from pcpdrain.pcpref.errors import ContextError, ScopeError

CPU_SETS = st.frozensets(st.integers(0, 4))


def mask_of(cpus: frozenset[int]) -> Cpumask:
    mask = Cpumask(5)
    for cpu in cpus:
        mask.set_cpu(cpu)
    return mask


@given(CPU_SETS, CPU_SETS)
def test_masks_are_sets(a: frozenset[int], b: frozenset[int]) -> None:
    left, right, mask = mask_of(a), mask_of(b), Cpumask(5)
    assert left.cpus() == a
    assert list(left) == sorted(a)
    assert (left.weight(), left.empty()) == (len(a), not a)
    assert [left.test_cpu(cpu) for cpu in range(5)] == [cpu in a for cpu in range(5)]
    assert [left.next(cpu) for cpu in range(-1, 5)] == [
        min([other for other in a if other > cpu], default=5) for cpu in range(-1, 5)
    ]
    assert mask.and_(left, right) == bool(a & b)
    assert mask.cpus() == a & b
    mask.or_(left, right)
    assert mask.cpus() == a | b
    assert mask.andnot(left, right) == bool(a - b)
    assert mask.cpus() == a - b
    mask.assign(right)
    right.setall()
    assert mask.cpus() == b
    assert right.cpus() == {0, 1, 2, 3, 4}
    right.clear()
    assert right.empty()
    for cpu in a:
        left.clear_cpu(cpu)
    assert left.empty()


def test_a_loop_sees_bits_change_above_it() -> None:
    mask = mask_of(frozenset({0, 2, 4}))
    seen = []
    for cpu in mask:
        seen.append(cpu)
        if cpu == 0:
            mask.clear_cpu(2)
            mask.set_cpu(3)
        mask.clear_cpu(0)
    assert seen == [0, 3, 4]
    assert repr(mask) == "Cpumask([3, 4])"


@pytest.mark.parametrize("cpu", [-1, 5])
def test_there_are_no_other_cpus(cpu: int) -> None:
    mask = Cpumask(5)
    for use in (mask.set_cpu, mask.clear_cpu, mask.test_cpu):
        with pytest.raises(ContextError, match=f"there is no CPU {cpu}"):
            use(cpu)


def test_a_scope_is_read_from_plain_parameters() -> None:
    scope = Scope.from_parameters(
        {"cpus": 2, "zones": 1, "pages": 3, "high": 2, "batch": 1, "drainers": [0, 1]}
    )
    assert scope == Scope(2, 1, 3, 2, 1, (0, 1))


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"cpus": 0}, "needs cpus >= 1, not 0"),
        ({"batch": 0}, "needs batch >= 1, not 0"),
        ({"drainers": [2]}, "task 0 lives on CPU 2"),
        ({"drainers": 1}, "drainers cannot be 1"),
        ({"cpus": [1]}, "cpus cannot be"),
        ({"calls": 1}, "missing or unknown: calls"),
    ],
)
def test_a_scope_that_is_no_machine_is_refused(parameters: dict[str, object], error: str) -> None:
    good: dict[str, object] = {"cpus": 2, "zones": 1, "pages": 1, "high": 1, "batch": 1, "drainers": [0]}
    with pytest.raises(ScopeError, match=error):
        Scope.from_parameters(good | parameters)  # type: ignore[arg-type]
