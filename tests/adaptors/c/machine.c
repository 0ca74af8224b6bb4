/* What may happen on the machine: the workload, the steps of tasks and handlers, hotplug. */
#include "machine.h"

#define REQUIRE(condition) do { if (!(condition)) return false; } while (0)
#define NO_OBJECT          (void)object

struct machine machine;

static int least(int a, int b) { return a < b ? a : b; }

static void to_buddy(int cpu, int zone, int pages)
{
	machine.cpus[cpu].pcp[zone] -= pages;
	machine.buddy[zone] += pages;
}

void drain_zone_pages(int cpu, int zone) { to_buddy(cpu, zone, machine.cpus[cpu].pcp[zone]); }

/* The workload frees and allocates where interrupts are on, in tasks and interrupts that are not modelled. */

static bool irqs_on(int cpu)
{
	const struct cpu *c = &machine.cpus[cpu];
	return machine.online & bit(cpu) && c->irqs_off_by == NONE && c->linking == NONE && !c->handler.at;
}

static bool link_page(int cpu, int zone)
{
	REQUIRE(irqs_on(cpu) && machine.in_use[zone] > 0);
	machine.in_use[zone]--;
	machine.cpus[cpu].linking = zone;
	return true;
}

static bool count_page(int cpu, int zone)
{
	struct cpu *c = &machine.cpus[cpu];
	REQUIRE(c->linking == zone);
	c->linking = NONE;
	c->pcp[zone]++;
#ifdef BUG_ABOVE_HIGH
	if (c->pcp[zone] > machine.scope.high)
#else
	if (c->pcp[zone] >= machine.scope.high)
#endif
		to_buddy(cpu, zone, least(c->pcp[zone], machine.scope.batch));
	return true;
}

static bool link_only(int cpu, int zone) { return machine.scope.count_window && link_page(cpu, zone); }

static bool free_page(int cpu, int zone)
{
	return !machine.scope.count_window && link_page(cpu, zone) && count_page(cpu, zone);
}

static bool alloc_page(int cpu, int zone)
{
	int *count = &machine.cpus[cpu].pcp[zone];
	REQUIRE(irqs_on(cpu) && *count + machine.buddy[zone] > 0);
	if (*count == 0)
		to_buddy(cpu, zone, -least(machine.buddy[zone], machine.scope.batch));
	--*count;
	machine.in_use[zone]++;
	return true;
}

/* A task runs unless its CPU is in an interrupt, or another task there must not be preempted. */

static bool runs(int task)
{
	int cpu = machine.tasks[task].context.cpu;
	for (int i = 0; i < machine.scope.tasks; i++)
		if (i != task && machine.tasks[i].context.cpu == cpu)
			REQUIRE(machine.tasks[i].preempt_count == 0 && machine.cpus[cpu].irqs_off_by != i);
	return machine.cpus[cpu].linking == NONE && !machine.cpus[cpu].handler.at;
}

static bool call(int task, int object)
{
	NO_OBJECT;
	struct task *t = &machine.tasks[task];
	REQUIRE(!t->context.at && runs(task) && (t->calls_left > 0 || machine.scope.calls == 0));
	if (machine.scope.calls > 0)
		t->calls_left--;
	drain_all_pages(&t->context);
	return true;
}

static bool task_step(int task, int object)
{
	NO_OBJECT;
	struct task *t = &machine.tasks[task];
	int target = t->context.blocked_by;
	REQUIRE(t->context.at && runs(task) && (target == NONE || !(t->awaiting & bit(target))));
	if (drain_all_pages(&t->context))
		t->signalled = false;
	return true;
}

static bool signal_task(int task, int object)
{
	NO_OBJECT;
	struct task *t = &machine.tasks[task];
	REQUIRE(machine.scope.signals && t->context.at && !t->signalled);
	return t->signalled = true;
}

/* Calls between CPUs: a request is locked from the sending to the answer. */

void send_call(int target, int sender)
{
	machine.tasks[sender].awaiting |= bit(target);
	machine.cpus[target].call_queue |= bit(sender);
}

void answer_call(int target, int sender) { machine.tasks[sender].awaiting &= ~bit(target); }

static bool take_call(int cpu, int sender)
{
	struct cpu *c = &machine.cpus[cpu];
	REQUIRE(irqs_on(cpu) && c->call_queue & bit(sender));
	c->call_queue &= ~bit(sender);
	c->handler.task = sender;
	serve_call(&c->handler);
	return true;
}

static bool handler_step(int cpu, int object)
{
	NO_OBJECT;
	REQUIRE(machine.cpus[cpu].handler.at);
	serve_call(&machine.cpus[cpu].handler);
	return true;
}

/* Hotplug: a CPU leaves in stop_machine(), then the notifier drains its lists, a zone a step. */

static bool no_notifier(void)
{
	for (int i = 0; i < machine.scope.cpus; i++)
		REQUIRE(machine.cpus[i].dead_zone == NONE);
	return true;
}

static bool offline(int cpu, int object)
{
	NO_OBJECT;
	REQUIRE(machine.scope.leavers & machine.online & bit(cpu) && no_notifier());
	REQUIRE(!machine.cpus[cpu].call_queue);
	for (int i = 0; i < machine.scope.tasks; i++)
		REQUIRE(machine.tasks[i].preempt_count == 0);
	for (int i = 0; i < machine.scope.cpus; i++)
		REQUIRE(irqs_on(i) || !(machine.online & bit(i)));
	machine.online &= ~bit(cpu);
	machine.cpus[cpu].dead_zone = 0;
	return true;
}

static bool online(int cpu, int object)
{
	NO_OBJECT;
	REQUIRE(machine.scope.leavers & ~machine.online & bit(cpu) && no_notifier());
	machine.online |= bit(cpu);
	return true;
}

/* The notifier is part of cpu_down(), a task like others: somewhere it must not be kept off. */
static bool can_schedule(int cpu)
{
	for (int i = 0; i < machine.scope.tasks; i++)
		REQUIRE(machine.tasks[i].context.cpu != cpu || machine.tasks[i].preempt_count == 0);
	return irqs_on(cpu);
}

static bool notify_dead(int cpu, int zone)
{
	int host = 0;
	REQUIRE(machine.cpus[cpu].dead_zone == zone);
	while (!can_schedule(host))
		REQUIRE(++host < machine.scope.cpus);
	drain_zone_pages(cpu, zone);
	machine.cpus[cpu].dead_zone = zone + 1 < machine.scope.zones ? zone + 1 : NONE;
	return true;
}

const struct event events[] = {
	{ 'd', 0, "call", call }, { 'd', 0, NULL, task_step }, { 'd', 0, "signal", signal_task },
	{ 'c', 'd', "take", take_call }, { 'c', 0, NULL, handler_step },
	{ 'c', 'z', "alloc", alloc_page }, { 'c', 'z', "free", free_page },
	{ 'c', 'z', "link", link_only }, { 'c', 'z', "count", count_page },
	{ 'c', 0, "offline", offline }, { 'c', 0, "online", online }, { 'c', 'z', "dead", notify_dead },
	{ 0 },
};
