"""Kernel operations and locks: what they do, and that the wrong context is an error."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pcpdrain.pcpref.errors import ContextError, LockError
from pcpdrain.pcpref.hardware import Hardware
from pcpdrain.pcpref.ipi import Csd, acknowledge
from pcpdrain.pcpref.kernel import Kernel
from pcpdrain.pcpref.locks import Lock, Mutex, Spinlock
from pcpdrain.pcpref.program import Steps
from pcpdrain.pcpref.scope import Scope


@pytest.fixture
def hardware() -> Hardware:
    return Hardware(Scope(cpus=2, zones=2, pages=4, high=4, batch=2, drainers=(0, 1, 0)))


def kernel_of(hardware: Hardware, task: int) -> Kernel:
    return Kernel(hardware, hardware.tasks[task].cpu, hardware.tasks[task])


@pytest.fixture
def kernel(hardware: Hardware) -> Kernel:
    return kernel_of(hardware, 0)


@pytest.fixture
def handler(hardware: Hardware) -> Kernel:
    return Kernel(hardware, hardware.cpus[1], None)


def nothing(kernel: Kernel) -> Steps:
    yield "nothing"


def test_what_a_program_can_ask(hardware: Hardware, kernel: Kernel, handler: Kernel) -> None:
    hardware.zones[1].free_page(0)
    assert (kernel.nr_cpus, list(kernel.populated_zones), kernel.num_online_cpus()) == (2, [0, 1], 2)
    assert (kernel.smp_processor_id(), handler.smp_processor_id()) == (0, 1)
    assert [kernel.pcp_count(cpu, zone) for cpu in (0, 1) for zone in (0, 1)] == [0, 1, 0, 0]
    assert handler.pcp_count(0, 1) == 1
    hardware.cpu_online_mask.clear_cpu(1)
    assert kernel.num_online_cpus() == 1
    kernel.count_event("pcp_global_drain")
    assert hardware.events == {"pcp_global_drain": 1}
    kernel.cpu_relax()


def test_preemption_nests_and_does_not_go_below_zero(hardware: Hardware, kernel: Kernel) -> None:
    kernel.preempt_disable()
    kernel.preempt_disable()
    assert hardware.tasks[0].preempt_count == 2
    kernel.preempt_enable()
    kernel.preempt_enable()
    with pytest.raises(ContextError, match="task 0 on CPU 0 enables preemption, which it has not"):
        kernel.preempt_enable()


def test_irqs_do_not_nest(hardware: Hardware, kernel: Kernel) -> None:
    kernel.local_irq_disable()
    kernel.local_irq_disable()
    assert [cpu.irqs_off_by for cpu in hardware.cpus] == [0, None]
    kernel.local_irq_enable()
    assert hardware.cpus[0].irqs_off_by is None
    with pytest.raises(ContextError, match="turns irqs on, which are on"):
        kernel.local_irq_enable()


def test_a_drain_takes_the_whole_list_of_one_zone(
    hardware: Hardware, kernel: Kernel, handler: Kernel
) -> None:
    for cpu in (0, 1):
        for zone in (0, 1):
            hardware.zones[zone].free_page(cpu)
            hardware.zones[zone].free_page(cpu)
    kernel.local_irq_disable()
    kernel.drain_zone_pages(0, 1)
    handler.drain_zone_pages(1, 0)
    assert [[pcp.count for pcp in lists] for lists in hardware.pcp] == [[2, 0], [0, 2]]
    assert [zone.buddy.nr_free for zone in hardware.zones] == [2, 2]


def test_a_drain_needs_irqs_off_and_its_own_cpu(hardware: Hardware, kernel: Kernel) -> None:
    with pytest.raises(ContextError, match="drains a pcp list with irqs on"):
        kernel.drain_zone_pages(0, 0)
    kernel_of(hardware, 2).local_irq_disable()
    with pytest.raises(ContextError, match="drains a pcp list with irqs on"):
        kernel.drain_zone_pages(0, 0)
    kernel.local_irq_disable()
    with pytest.raises(ContextError, match="drains a pcp list of CPU 1, which is online"):
        kernel.drain_zone_pages(1, 0)
    hardware.cpu_online_mask.clear_cpu(1)
    hardware.zones[0].free_page(1)
    kernel.drain_zone_pages(1, 0)
    assert hardware.pcp[1][0].is_empty()


@pytest.mark.parametrize(
    ("deed", "error"),
    [
        (Kernel.preempt_disable, "disable preemption"),
        (Kernel.preempt_enable, "enable preemption"),
        (Kernel.local_irq_disable, "turn irqs off"),
        (Kernel.local_irq_enable, "turn irqs on"),
        (Kernel.cond_resched, "may not sleep"),
        (Kernel.lock_owner, "hold a lock"),
        (lambda kernel: kernel.csd_free(0), "call a CPU"),
        (lambda kernel: kernel.send_call(0, nothing), "call a CPU"),
        (lambda kernel: kernel.call_answered(0), "wait for a CPU"),
        (lambda kernel: Spinlock().lock(kernel), "hold a lock"),
        (lambda kernel: Mutex().lock(kernel), "may not sleep"),
    ],
)
def test_a_handler_cannot_do_what_only_tasks_do(
    handler: Kernel, deed: Callable[[Kernel], object], error: str
) -> None:
    with pytest.raises(ContextError, match=f"the handler on CPU 1.*{error}"):
        deed(handler)


@pytest.mark.parametrize("disable", [Kernel.preempt_disable, Kernel.local_irq_disable])
def test_a_task_sleeps_only_with_preemption_and_irqs_on(
    kernel: Kernel, disable: Callable[[Kernel], None]
) -> None:
    kernel.cond_resched()
    mutex = Mutex()
    mutex.lock(kernel)
    mutex.unlock(kernel)
    disable(kernel)
    with pytest.raises(ContextError, match="may not sleep"):
        kernel.cond_resched()
    with pytest.raises(ContextError, match="may not sleep"):
        mutex.lock(kernel)
    assert mutex.trylock(kernel)


@pytest.mark.parametrize("lock", [Spinlock(), Mutex()])
def test_a_lock_has_one_holder(hardware: Hardware, lock: Lock) -> None:
    mine, other = kernel_of(hardware, 1), kernel_of(hardware, 0)
    assert lock.available()
    lock.lock(mine)
    assert lock.holder == 1
    assert not lock.available()
    assert not lock.trylock(other)
    assert not lock.trylock(mine)
    with pytest.raises(LockError, match="task 0 takes a lock that task 1 holds"):
        lock.lock(other)
    with pytest.raises(LockError, match="task 0 releases a lock that task 1 holds"):
        lock.unlock(other)
    lock.unlock(mine)
    assert lock.holder == -1
    with pytest.raises(LockError, match="that nobody holds"):
        lock.unlock(mine)
    assert lock.trylock(other)
    assert lock.holder == 0


def test_a_call_is_open_until_it_is_acknowledged(hardware: Hardware, kernel: Kernel) -> None:
    assert kernel.csd_free(1)
    assert kernel.call_answered(1)
    kernel.send_call(1, nothing)
    assert not kernel.csd_free(1)
    assert not kernel.call_answered(1)
    assert kernel.csd_free(0)
    assert kernel_of(hardware, 2).csd_free(1)
    with pytest.raises(ContextError, match="task 0 calls CPU 1 again before it has answered"):
        kernel.send_call(1, nothing)
    csd = hardware.cpus[1].take_request(0)
    assert csd.func is nothing
    hardware.cpus[1].enter_handler(nothing(kernel))
    assert not kernel.call_answered(1)
    assert not kernel.csd_free(1)
    hardware.cpus[1].handler.advance("c1:nothing")
    hardware.cpus[1].acknowledge()
    assert kernel.call_answered(1)
    assert kernel.csd_free(1)


def test_requests_wait_in_order_of_arrival_and_are_taken_in_any(hardware: Hardware) -> None:
    cpu = hardware.cpus[1]
    for task in (2, 0, 1):
        kernel_of(hardware, task).send_call(1, nothing)
    assert list(cpu.call_queue) == [2, 0, 1]
    assert cpu.call_queue.senders() == {0, 1, 2}
    assert cpu.take_request(0).sender == 0
    assert list(cpu.call_queue) == [2, 1]
    with pytest.raises(ContextError, match="CPU 1 accepts no interrupt now"):
        cpu.take_request(1)


def test_a_request_that_is_not_there_cannot_be_taken_nor_acknowledged(hardware: Hardware) -> None:
    with pytest.raises(ContextError, match="no request of task 0 waits here"):
        hardware.cpus[0].take_request(0)
    with pytest.raises(ContextError, match="no handler runs on CPU 0"):
        hardware.cpus[0].acknowledge()
    with pytest.raises(ContextError, match="CPU 1 answers task 0, which has not called it"):
        acknowledge(Csd(0, 1))
