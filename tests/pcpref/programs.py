"""Programs written by hand in the generated style, to drive the reference machine in tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from pcpdrain.pcpref.program import Cpumask, Kernel, Mutex, Program, Spinlock, Steps, until

CPU = "drain_all_pages.cpu"
ZONE = "drain_all_pages.zone"
CFD = "smp_call_function_many.cfd"
TARGET = "smp_call_function_many.target"


class Drain(Program):
    """What the variants have in common: the call of other CPUs (as in Linux 3.9) and the local drain."""

    LOCALS: ClassVar[dict[str, object]] = {
        CPU: -1,
        ZONE: -1,
        "drain_local_pages.zone": -1,
        CFD: frozenset(),
        TARGET: -1,
    }
    IRQ_LOCALS: ClassVar[dict[str, object]] = {"drain_local_pages.zone": -1}
    LIVE: ClassVar[dict[str, tuple[str, ...]]] = {
        "drain_all_pages.for_each_online_cpu": (CPU,),
        "drain_all_pages.pcp_count": (CPU, ZONE),
        "drain_all_pages.cpumask_set_cpu": (CPU, ZONE),
        "drain_all_pages.cpumask_clear_cpu": (CPU, ZONE),
        "drain_local_pages.drain_zone_pages": ("drain_local_pages.zone",),
        "smp_call_function_many.send_call": (CFD, TARGET),
        "smp_call_function_many.wait_call": (CFD, TARGET),
    }
    IRQ_LIVE: ClassVar[dict[str, tuple[str, ...]]] = {
        "drain_local_pages.drain_zone_pages": ("drain_local_pages.zone",)
    }

    def on_each_cpu_mask(self, kernel: Kernel, mask: Cpumask) -> Steps:
        yield "on_each_cpu_mask.preempt_disable"
        kernel.preempt_disable()
        yield from self.smp_call_function_many(kernel, mask)
        yield "on_each_cpu_mask.cpumask_test_cpu"
        if mask.test_cpu(kernel.smp_processor_id()):
            yield "on_each_cpu_mask.local_irq_disable"
            kernel.local_irq_disable()
            yield from self.drain_local_pages(kernel)
            yield "on_each_cpu_mask.local_irq_enable"
            kernel.local_irq_enable()
        yield "on_each_cpu_mask.preempt_enable"
        kernel.preempt_enable()

    def smp_call_function_many(self, kernel: Kernel, mask: Cpumask) -> Steps:
        cfd = Cpumask(kernel.nr_cpus)
        yield "smp_call_function_many.cpumask_copy"
        cfd.and_(mask, kernel.cpu_online_mask)
        cfd.clear_cpu(kernel.smp_processor_id())
        for target in cfd:
            yield until("smp_call_function_many.send_call", partial(kernel.csd_free, target))
            kernel.send_call(target, self.drain_local_pages)
        for target in cfd:
            yield until("smp_call_function_many.wait_call", partial(kernel.call_answered, target))

    def drain_local_pages(self, kernel: Kernel) -> Steps:
        for zone in kernel.populated_zones:
            yield "drain_local_pages.drain_zone_pages"
            kernel.drain_zone_pages(kernel.smp_processor_id(), zone)


def program_of(routine: Callable[[Any, Kernel], Steps], **attributes: object) -> type[Program]:
    """A program that has this as its drain_all_pages(), with these class attributes besides."""
    return type("ProgramOf", (Drain,), {"name": "test", "drain_all_pages": routine, **attributes})


class LastZoneDecides(Drain):
    """The patch as posted in January 2012: one static mask, set and cleared inside the zone loop."""

    name = "last_zone_decides"
    STATICS: ClassVar[tuple[str, ...]] = ("cpus_with_pcps",)

    def __init__(self, nr_cpus: int) -> None:
        super().__init__(nr_cpus)
        self.cpus_with_pcps = Cpumask(nr_cpus)

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        cpu = -1
        while True:
            yield "drain_all_pages.for_each_online_cpu"
            cpu = kernel.cpu_online_mask.next(cpu)
            if cpu >= kernel.nr_cpus:
                break
            for zone in kernel.populated_zones:
                yield "drain_all_pages.pcp_count"
                if kernel.pcp_count(cpu, zone) > 0:
                    yield "drain_all_pages.cpumask_set_cpu"
                    self.cpus_with_pcps.set_cpu(cpu)
                else:
                    yield "drain_all_pages.cpumask_clear_cpu"
                    self.cpus_with_pcps.clear_cpu(cpu)
        yield from self.on_each_cpu_mask(kernel, self.cpus_with_pcps)


class ClearThenSet(LastZoneDecides):
    """The review's proposal without its lock: clear the mask, then only set bits."""

    name = "clear_then_set"

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        yield "drain_all_pages.cpumask_clear"
        self.cpus_with_pcps.clear()
        cpu = -1
        while True:
            yield "drain_all_pages.for_each_online_cpu"
            cpu = kernel.cpu_online_mask.next(cpu)
            if cpu >= kernel.nr_cpus:
                break
            for zone in kernel.populated_zones:
                yield "drain_all_pages.pcp_count"
                if kernel.pcp_count(cpu, zone) > 0:
                    yield "drain_all_pages.cpumask_set_cpu"
                    self.cpus_with_pcps.set_cpu(cpu)
        yield from self.on_each_cpu_mask(kernel, self.cpus_with_pcps)


class ClearThenSetSpinlock(ClearThenSet):
    """The review's proposal: the same under a plain spinlock."""

    name = "clear_then_set_spinlock"
    STATICS = ("cpus_with_pcps", "drain_lock")

    def __init__(self, nr_cpus: int) -> None:
        super().__init__(nr_cpus)
        self.drain_lock = Spinlock()

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        yield "locked.preempt_disable"
        kernel.preempt_disable()
        yield until("locked.spin_lock", self.drain_lock.available)
        self.drain_lock.lock(kernel)
        yield from super().drain_all_pages(kernel)
        yield "locked.spin_unlock"
        self.drain_lock.unlock(kernel)
        yield "locked.preempt_enable"
        kernel.preempt_enable()


class ClearThenSetSpinlockIrqsave(ClearThenSetSpinlock):
    """The same with irqs off while waiting for the lock: who spins cannot answer who holds it."""

    name = "clear_then_set_spinlock_irqsave"

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        yield "irqsave.local_irq_disable"
        kernel.local_irq_disable()
        yield from super().drain_all_pages(kernel)
        yield "irqsave.local_irq_enable"
        kernel.local_irq_enable()

    def on_each_cpu_mask(self, kernel: Kernel, mask: Cpumask) -> Steps:
        yield from self.smp_call_function_many(kernel, mask)
        if mask.test_cpu(kernel.smp_processor_id()):
            yield from self.drain_local_pages(kernel)


class ClearThenSetMutex(ClearThenSet):
    """The same under a mutex."""

    name = "clear_then_set_mutex"
    STATICS = ("cpus_with_pcps", "drain_mutex")

    def __init__(self, nr_cpus: int) -> None:
        super().__init__(nr_cpus)
        self.drain_mutex = Mutex()

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        yield until("locked.mutex_lock", self.drain_mutex.available)
        self.drain_mutex.lock(kernel)
        yield from super().drain_all_pages(kernel)
        yield "locked.mutex_unlock"
        self.drain_mutex.unlock(kernel)


class GlobalIpi(Drain):
    """Linux up to 3.3: every online CPU is called, whether it has pages or not."""

    name = "global_ipi"

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        yield from self.on_each_cpu_mask(kernel, kernel.cpu_online_mask)


class PerCallMask(Drain):
    """A mask of each call's own, which only gets bits set."""

    name = "per_call_mask"
    LOCALS: ClassVar[dict[str, object]] = {**Drain.LOCALS, "drain_all_pages.mask": frozenset()}
    LIVE: ClassVar[dict[str, tuple[str, ...]]] = {
        **Drain.LIVE,
        "drain_all_pages.pcp_count": (CPU, ZONE, "drain_all_pages.mask"),
        "drain_all_pages.cpumask_set_cpu": (CPU, ZONE, "drain_all_pages.mask"),
    }

    def drain_all_pages(self, kernel: Kernel) -> Steps:
        mask = Cpumask(kernel.nr_cpus)
        for cpu in kernel.cpu_online_mask:
            for zone in kernel.populated_zones:
                yield "drain_all_pages.pcp_count"
                if kernel.pcp_count(cpu, zone) > 0:
                    yield "drain_all_pages.cpumask_set_cpu"
                    mask.set_cpu(cpu)
        yield from self.on_each_cpu_mask(kernel, mask)
