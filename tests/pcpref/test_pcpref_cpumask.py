"""Cpumasks and scopes: values, bounds, and what a loop over a changing mask sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpdrain.pcpref import Scope
from pcpdrain.pcpref.cpumask import Cpumask, sets_of_cpus
from pcpdrain.pcpref.errors import ContextError, ScopeError

CPU_SETS = st.frozensets(st.integers(0, 4))


def test_sets_of_cpus_are_named_as_in_labels() -> None:
    assert sets_of_cpus(2) == {"{}": set(), "{0}": {0}, "{1}": {1}, "{0,1}": {0, 1}}
    assert Cpumask(3, (0, 2)).cpus() == {0, 2}
    with pytest.raises(ContextError, match="there is no CPU 3"):
        Cpumask(3, (3,))


def test_a_store_counts_even_if_it_changes_nothing() -> None:
    mask, other = Cpumask(2, (0,)), Cpumask(2)
    stores: list[Callable[[], object]] = [
        lambda: mask.set_cpu(0),
        lambda: mask.clear_cpu(1),
        mask.clear,
        mask.setall,
        lambda: mask.assign(mask),
        lambda: mask.and_(mask, other),
        lambda: mask.or_(mask, mask),
        lambda: mask.andnot(mask, other),
    ]
    for number, store in enumerate(stores):
        assert mask.stores == number
        store()
    assert other.stores == 0
    assert (mask.test_cpu(0), mask.next(-1), mask.weight(), mask.cpus()) == (False, 2, 0, frozenset())
    assert mask.stores == len(stores)


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


def test_what_a_scope_does_not_name_is_off() -> None:
    bounds: dict[str, int | Sequence[int]] = {
        "cpus": 3,
        "zones": 1,
        "pages": 1,
        "high": 1,
        "batch": 1,
        "drainers": [0],
    }
    plain = Scope.from_parameters(bounds)
    assert (plain.calls, plain.leavers) == (0, ())
    assert [plain.signals, plain.alloc_fails, plain.count_window] == [False] * 3
    switched = {"signals": True, "alloc_fails": True, "count_window": True}
    scope = Scope.from_parameters({**bounds, "calls": 2, "leavers": [1, 2], **switched})
    assert scope == Scope(3, 1, 1, 1, 1, (0,), 2, (1, 2), signals=True, alloc_fails=True, count_window=True)
    with pytest.raises(ScopeError, match="missing or unknown: drainers"):
        Scope.from_parameters({name: value for name, value in bounds.items() if name != "drainers"})


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"cpus": 0}, "needs cpus >= 1, not 0"),
        ({"batch": 0}, "needs batch >= 1, not 0"),
        ({"drainers": [2]}, "task 0 lives on CPU 2"),
        ({"drainers": 1}, "drainers cannot be 1"),
        ({"cpus": [1]}, "cpus cannot be"),
        ({"colour": 1}, "missing or unknown: colour"),
        ({"calls": -1}, "calls >= 0, not -1"),
        ({"calls": True}, "calls cannot be True"),
        ({"signals": 1}, "signals cannot be 1"),
        ({"leavers": [2]}, "CPU 2 may leave, but the CPUs are 0..1"),
        ({"leavers": [0]}, "CPU 0 may leave, but a task lives on it"),
        ({"leavers": [1, 1]}, "names a CPU twice"),
        ({"drainers": [], "leavers": [0, 1]}, "one has to stay"),
    ],
)
def test_a_scope_that_is_no_machine_is_refused(parameters: dict[str, object], error: str) -> None:
    good: dict[str, object] = {"cpus": 2, "zones": 1, "pages": 1, "high": 1, "batch": 1, "drainers": [0]}
    with pytest.raises(ScopeError, match=error):
        Scope.from_parameters(good | parameters)  # type: ignore[arg-type]
