"""Linux 3.4's drain_all_pages(), by hand: Python's independent hand for the variant `per_cpu_summary`.

Written from what the kernel does, not from the variant and not from what the compiler makes of it.
"""

from __future__ import annotations

from functools import partial

from .machine import NONE, RETURN, Machine, Place, Routine, Task

LOCALS: dict[str, object] = {
    "drain_all_pages.cpu": NONE,
    "drain_all_pages.has_pcps": False,
    "drain_all_pages.zone": NONE,
    "smp_call_function_many.cfd": frozenset(),
    "smp_call_function_many.target": NONE,
    "drain_local_pages.zone": NONE,
}
"""The locals of a call, with what they show where nobody will read them. A handler has the last one."""


class PerCpuSummary(Machine):
    """One decision for each CPU over all its zones, kept in one mask for everybody, without a lock."""

    def reset(self) -> None:
        super().reset()
        self.cpus_with_pcps: set[int] = set()

    def drain_all_pages(self, task: Task) -> Routine:
        """mm/page_alloc.c: has this CPU pages in any zone? Nothing keeps another caller off the mask."""
        here, cpu = "drain_all_pages", NONE
        while True:
            yield Place(here, "for_each_online_cpu", cpu=cpu)
            cpu = min((other for other in self.online if other > cpu), default=NONE)
            if cpu == NONE:
                break
            has_pcps = False
            for zone in range(self.zones):
                yield Place(here, "pcp_count", cpu=cpu, zone=zone)
                has_pcps = self.cpu[cpu].pcp[zone] > 0
                if has_pcps:
                    break
            if has_pcps:
                yield Place(here, "cpumask_set_cpu", cpu=cpu, has_pcps=True)
                self.cpus_with_pcps.add(cpu)
            else:
                yield Place(here, "cpumask_clear_cpu", cpu=cpu)
                self.cpus_with_pcps.discard(cpu)
        yield from self.on_each_cpu_mask(task)
        yield RETURN

    def drain_local_pages(self, cpu: int) -> Routine:
        """mm/page_alloc.c: empty the lists of the CPU that this runs on, with interrupts off."""
        for zone in range(self.zones):
            yield Place("drain_local_pages", "drain_zone_pages", zone=zone)
            self.to_buddy(cpu, zone, self.cpu[cpu].pcp[zone])

    def on_each_cpu_mask(self, task: Task) -> Routine:
        """kernel/smp.c: call the others and wait; then drain here if the mask, as it is by then, says so."""
        here, cpu = "on_each_cpu_mask", self.cpu[task.cpu]
        yield Place(here, "preempt_disable")
        task.preempt_count += 1
        yield from self.smp_call_function_many(task)
        yield Place(here, "cpumask_test_cpu")
        if task.cpu in self.cpus_with_pcps:
            yield Place(here, "local_irq_disable")
            cpu.irqs_on, task.has_irqs_off = False, True
            yield from self.drain_local_pages(task.cpu)
            yield Place(here, "local_irq_enable")
            cpu.irqs_on, task.has_irqs_off = True, False
        yield Place(here, "preempt_enable")
        task.preempt_count -= 1

    def smp_call_function_many(self, task: Task) -> Routine:
        """kernel/smp.c: a single target that the peek finds is called; for more, the mask is read again."""
        here = "smp_call_function_many"
        cfd: frozenset[int] = frozenset()
        for mask, online in (("cpumask_and", "cpumask_and_2"), ("cpumask_and_3", "cpumask_and_4")):
            yield Place(here, mask)  # nothing is kept of a peek that finds several
            cfd = frozenset(self.cpus_with_pcps)
            yield Place(here, online, cfd=cfd)
            cfd &= self.online - {task.cpu}
            if len(cfd) <= 1:
                break
        for target in sorted(cfd):
            yield Place(here, "send_call", cfd=cfd, target=target)
            self.cpu[target].call_queue.add(task.number)
            task.awaiting.add(target)
        for target in sorted(cfd):
            answered = partial(self.answered, task, target)
            yield Place(here, "wait_call", answered, cfd=cfd, target=target)

    def answered(self, task: Task, target: int) -> bool:
        """Whether the target has acknowledged the task's request."""
        return target not in task.awaiting

    def observe(self) -> dict[str, object]:
        """The machine's variables, the mask, and the locals of all calls and handlers."""
        shown = super().observe()
        shown["cpus_with_pcps"] = frozenset(self.cpus_with_pcps)
        for name, unread in LOCALS.items():
            shown[name] = tuple(task.place.alive.get(name, unread) for task in self.task)
        zone = "drain_local_pages.zone"
        shown[f"irq.{zone}"] = tuple(cpu.place.alive.get(zone, NONE) for cpu in self.cpu)
        return shown
