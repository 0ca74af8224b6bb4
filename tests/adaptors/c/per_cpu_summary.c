/* drain_all_pages() of Linux 3.4: one decision for each CPU, in a static mask without a lock. */
#include "machine.h"

/* A routine is left before each step and entered again there, by a jump into the middle of its loops. */
#define BEGIN(frame) switch ((frame)->line) { case 0:
#define LEAVE(frame) do { (frame)->line = __LINE__; return false; case __LINE__:; } while (0)
#define END(frame)   } (frame)->line = 0; return true

#define STEP(frame, name)    do { self->at = name; LEAVE(frame); } while (0)
#define CALL(frame, routine) while (!(routine)) LEAVE(frame)

static int next_cpu(mask cpus, int cpu)
{
	do
		cpu++;
	while (cpu < machine.scope.cpus && !(cpus & bit(cpu)));
	return cpu;
}

#define for_each_cpu(cpu, set) \
	for (cpu = next_cpu(set, NONE); cpu < machine.scope.cpus; cpu = next_cpu(set, cpu))

static bool drain_local_pages(struct context *self)
{
	int *zone = &self->local.zone;
	BEGIN(&self->local);
	for (*zone = 0; *zone < machine.scope.zones; ++*zone) {
		STEP(&self->local, "drain_local_pages.drain_zone_pages");
		drain_zone_pages(self->cpu, *zone);
	}
	END(&self->local);
}

/* The interrupt that a call from another CPU raises. */
bool serve_call(struct context *self)
{
	BEGIN(&self->serve);
#ifdef BUG_ACK_BEFORE_DRAIN
	answer_call(self->cpu, self->task);
#endif
	CALL(&self->serve, drain_local_pages(self));
	STEP(&self->serve, "ack");
	answer_call(self->cpu, self->task);
	self->at = NULL;
	END(&self->serve);
}

/* Call the other CPUs that are in the mask and online, and wait for their answers. */
static bool smp_call_function_many(struct context *self)
{
	mask *cfd = &self->many.cfd;
	int *target = &self->many.target;
	BEGIN(&self->many);
	*cfd = 0;
	STEP(&self->many, "smp_call_function_many.cpumask_and");
	*cfd = machine.cpus_with_pcps;
	STEP(&self->many, "smp_call_function_many.cpumask_and_2");
	*cfd &= machine.online & ~bit(self->cpu);
	if (*cfd & (*cfd - 1)) { /* more than one: none is kept, and the mask is read once more */
		*cfd = 0;
		STEP(&self->many, "smp_call_function_many.cpumask_and_3");
		*cfd = machine.cpus_with_pcps;
		STEP(&self->many, "smp_call_function_many.cpumask_and_4");
		*cfd &= machine.online & ~bit(self->cpu);
	}
	for_each_cpu(*target, *cfd) {
		self->blocked_by = *target; /* while it has not answered the call before */
		STEP(&self->many, "smp_call_function_many.send_call");
		send_call(*target, self->task);
	}
#ifndef BUG_NO_WAIT
	for_each_cpu(*target, *cfd) {
		self->blocked_by = *target;
		STEP(&self->many, "smp_call_function_many.wait_call");
	}
#endif
	self->blocked_by = NONE;
	END(&self->many);
}

static bool on_each_cpu_mask(struct context *self)
{
	BEGIN(&self->each);
	STEP(&self->each, "on_each_cpu_mask.preempt_disable");
	machine.tasks[self->task].preempt_count++;
	CALL(&self->each, smp_call_function_many(self));
	STEP(&self->each, "on_each_cpu_mask.cpumask_test_cpu");
	if (machine.cpus_with_pcps & bit(self->cpu)) {
		STEP(&self->each, "on_each_cpu_mask.local_irq_disable");
		machine.cpus[self->cpu].irqs_off_by = self->task;
		CALL(&self->each, drain_local_pages(self));
		STEP(&self->each, "on_each_cpu_mask.local_irq_enable");
		machine.cpus[self->cpu].irqs_off_by = NONE;
	}
	STEP(&self->each, "on_each_cpu_mask.preempt_enable");
	machine.tasks[self->task].preempt_count--;
	END(&self->each);
}

bool drain_all_pages(struct context *self)
{
	int *cpu = &self->drain_all.cpu, *zone = &self->drain_all.zone;
	bool *has_pcps = &self->drain_all.has_pcps;
	BEGIN(&self->drain_all);
	for (*cpu = NONE;;) {
		STEP(&self->drain_all, "drain_all_pages.for_each_online_cpu");
		*cpu = next_cpu(machine.online, *cpu);
		if (*cpu == machine.scope.cpus)
			break;
		for (*zone = 0; *zone < machine.scope.zones; ++*zone) {
			STEP(&self->drain_all, "drain_all_pages.pcp_count");
			*has_pcps = machine.cpus[*cpu].pcp[*zone] > 0;
#ifndef BUG_LAST_ZONE
			if (*has_pcps)
				break;
#endif
		}
		if (*has_pcps) {
			STEP(&self->drain_all, "drain_all_pages.cpumask_set_cpu");
			machine.cpus_with_pcps |= bit(*cpu);
		} else {
			STEP(&self->drain_all, "drain_all_pages.cpumask_clear_cpu");
			machine.cpus_with_pcps &= ~bit(*cpu);
		}
	}
	CALL(&self->drain_all, on_each_cpu_mask(self));
	STEP(&self->drain_all, "return");
	self->at = NULL;
	END(&self->drain_all);
}
