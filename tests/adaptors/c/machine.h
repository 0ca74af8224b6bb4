/* The machine: pcp lists, the buddy allocator, calls between CPUs, irqs, preemption and hotplug, in plain C. */
#ifndef PCP_MACHINE_H
#define PCP_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

enum { MAX = 8, NONE = -1 };

typedef unsigned int mask; /* bit i: CPU i, or task i */

static inline mask bit(int i) { return 1u << i; }

/* How much there is of everything. */
struct scope {
	int cpus, zones, pages, high, batch, tasks, calls, signals, count_window;
	mask leavers;
	int home[MAX]; /* of each task, its CPU */
};

/* A flow of control, stopped before its step `at`. Each routine has a frame: the line to go on at, and its locals. */
struct context {
	const char *at; /* NULL: idle */
	int cpu, task;  /* where it runs; whose it is, or whom a handler serves */
	int blocked_by; /* the CPU whose answer the step waits for */
	struct { int line, cpu, zone; bool has_pcps; } drain_all;
	struct { int line; } each, serve;
	struct { int line, target; mask cfd; } many;
	struct { int line, zone; } local;
};

struct task {
	struct context context;
	int preempt_count, calls_left;
	bool signalled;
	mask awaiting; /* the CPUs that have not answered: csd locked */
};

struct cpu {
	struct context handler;
	int irqs_off_by; /* a task */
	int linking;     /* the zone of a page that is on the list and not yet in its count */
	int dead_zone;   /* of a CPU that went offline: the zone that the notifier drains next */
	mask call_queue; /* the tasks that call it */
	int pcp[MAX];    /* pages on its list of each zone */
};

extern struct machine {
	struct scope scope;
	mask online;
	struct cpu cpus[MAX];
	struct task tasks[MAX];
	int buddy[MAX], in_use[MAX]; /* pages of each zone */
	mask cpus_with_pcps;         /* the static mask of drain_all_pages() */
} machine;

/* per_cpu_summary.c: do the next step and stop before the one after it, or become idle. */
bool drain_all_pages(struct context *self);
bool serve_call(struct context *self);

/* machine.c: what routines do, and all events. An event that cannot happen now is false, and changes nothing. */
void drain_zone_pages(int cpu, int zone);
void send_call(int target, int sender);
void answer_call(int target, int sender);

extern const struct event {
	char actor, object; /* 'd': each task; 'c': each CPU; 'z': each zone; an object may be missing */
	const char *verb;   /* in the label; NULL: the name of the actor's step */
	bool (*happens)(int actor, int object);
} events[];

#endif
