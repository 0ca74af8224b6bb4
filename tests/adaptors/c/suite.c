/* The machine as the suites see it: labels, and states as JSON objects. A text lasts until the next of its kind. */
#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char text[8192];
	size_t length;
};

static void put(struct text *t, const char *format, ...)
{
	va_list values;
	va_start(values, format);
	t->length += (size_t)vsnprintf(t->text + t->length, sizeof t->text - t->length, format, values);
	va_end(values);
}

/* False if the scope has more than MAX of something. */
bool pcp_reset(const struct scope *scope)
{
	if (scope->cpus > MAX || scope->zones > MAX || scope->tasks > MAX)
		return false;
	machine = (struct machine){ .scope = *scope, .online = bit(scope->cpus) - 1 };
	for (int i = 0; i < scope->zones; i++)
		machine.in_use[i] = scope->pages;
	for (int i = 0; i < scope->cpus; i++) {
		struct context handler = { .cpu = i, .task = NONE, .blocked_by = NONE };
		machine.cpus[i] = (struct cpu){ handler, .irqs_off_by = NONE, .linking = NONE, .dead_zone = NONE };
	}
	for (int i = 0; i < scope->tasks; i++) {
		struct context context = { .cpu = scope->home[i], .task = i, .blocked_by = NONE };
		machine.tasks[i] = (struct task){ context, .calls_left = scope->calls };
	}
	return true;
}

static int how_many(char kind)
{
	return kind == 'd' ? machine.scope.tasks : kind == 'c' ? machine.scope.cpus : kind == 'z' ? machine.scope.zones : 1;
}

static void put_label(struct text *t, const struct event *event, int actor, int object)
{
	const char *at = event->actor == 'd' ? machine.tasks[actor].context.at : machine.cpus[actor].handler.at;
	put(t, "%c%d:%s", event->actor, actor, event->verb ? event->verb : at ? at : "");
	if (event->object)
		put(t, " %c%d", event->object, object);
}

/* Do the event of this label; false, and nothing changes, if it cannot happen now. */
bool pcp_step(const char *label)
{
	for (const struct event *event = events; event->actor; event++)
		for (int actor = 0; actor < how_many(event->actor); actor++)
			for (int object = 0; object < how_many(event->object); object++) {
				struct text own = { .length = 0 };
				put_label(&own, event, actor, object);
				if (strcmp(own.text, label) == 0)
					return event->happens(actor, object);
			}
	return false;
}

/* The labels of all events that can happen now, a line each: each is tried and taken back. */
const char *pcp_enabled(void)
{
	static struct text labels;
	const struct machine before = machine;
	labels.length = 0;
	for (const struct event *event = events; event->actor; event++)
		for (int actor = 0; actor < how_many(event->actor); actor++)
			for (int object = 0; object < how_many(event->object); object++)
				if (event->happens(actor, object)) {
					machine = before;
					put_label(&labels, event, actor, object);
					put(&labels, "\n");
				}
	labels.text[labels.length] = '\0';
	return labels.text;
}

static void put_set(struct text *t, mask set)
{
	const char *separator = "";
	put(t, "{\"set\":[");
	for (int i = 0; i < MAX; i++)
		if (set & bit(i)) {
			put(t, "%s%d", separator, i);
			separator = ",";
		}
	put(t, "]}");
}

static void put_at(struct text *t, const char *at) { put(t, "\"%s\"", at ? at : "idle"); }

static void put_truth(struct text *t, bool truth) { put(t, truth ? "true" : "false"); }

static void put_counts(struct text *t, const int *counts)
{
	for (int zone = 0; zone < machine.scope.zones; zone++)
		put(t, "%c%d", zone ? ',' : '[', counts[zone]);
	put(t, "]");
}

static bool at_step(const struct context *c, const char *name) { return c->at && strcmp(c->at, name) == 0; }

static bool in_routine(const struct context *c, const char *name)
{
	const size_t length = strlen(name);
	return c->at && strncmp(c->at, name, length) == 0 && c->at[length] == '.';
}

/* A local shows NONE, false or the empty set where its routine will not read it. */

static int local_cpu(const struct context *c) { return in_routine(c, "drain_all_pages") ? c->drain_all.cpu : NONE; }

static int local_zone(const struct context *c)
{
	return at_step(c, "drain_all_pages.pcp_count") ? c->drain_all.zone : NONE;
}

static bool local_has_pcps(const struct context *c)
{
	return at_step(c, "drain_all_pages.cpumask_set_cpu") && c->drain_all.has_pcps;
}

static mask local_cfd(const struct context *c) { return in_routine(c, "smp_call_function_many") ? c->many.cfd : 0; }

static int local_target(const struct context *c)
{
	bool loops = at_step(c, "smp_call_function_many.send_call") || at_step(c, "smp_call_function_many.wait_call");
	return loops ? c->many.target : NONE;
}

static int drained_zone(const struct context *c) { return in_routine(c, "drain_local_pages") ? c->local.zone : NONE; }

/* A variable with a value for each CPU, or each task. */
#define ROW(name, count, put_one) do {                 \
		put(&state, ",\"%s\":[", name);        \
		for (int i = 0; i < (count); i++) {    \
			put(&state, i ? "," : "");     \
			put_one;                       \
		}                                      \
		put(&state, "]");                      \
	} while (0)
#define EACH_CPU(name, put_one)  ROW(name, machine.scope.cpus, const struct cpu *c = &machine.cpus[i]; put_one)
#define EACH_TASK(name, put_one) ROW(name, machine.scope.tasks, const struct task *t = &machine.tasks[i]; put_one)

/* The whole state as a JSON object. */
const char *pcp_observe(void)
{
	static struct text state;
	state.length = 0;
	put(&state, "{\"online\":");
	put_set(&state, machine.online);
	put(&state, ",\"cpus_with_pcps\":");
	put_set(&state, machine.cpus_with_pcps);
	put(&state, ",\"buddy\":");
	put_counts(&state, machine.buddy);
	put(&state, ",\"in_use\":");
	put_counts(&state, machine.in_use);
	EACH_CPU("irqs_on", put_truth(&state, c->irqs_off_by == NONE));
	EACH_CPU("pcp", put_counts(&state, c->pcp));
	EACH_CPU("call_queue", put_set(&state, c->call_queue));
	EACH_CPU("serving", put(&state, "%d", c->handler.at ? c->handler.task : NONE));
	EACH_CPU("linking", put(&state, "%d", c->linking));
	EACH_CPU("dead_zone", put(&state, "%d", c->dead_zone));
	EACH_CPU("irq_at", put_at(&state, c->handler.at));
	EACH_TASK("preempt_count", put(&state, "%d", t->preempt_count));
	EACH_TASK("awaiting", put_set(&state, t->awaiting));
	EACH_TASK("signalled", put_truth(&state, t->signalled));
	EACH_TASK("calls_left", put(&state, "%d", t->calls_left));
	EACH_TASK("at", put_at(&state, t->context.at));
	EACH_TASK("drain_all_pages.cpu", put(&state, "%d", local_cpu(&t->context)));
	EACH_TASK("drain_all_pages.zone", put(&state, "%d", local_zone(&t->context)));
	EACH_TASK("drain_all_pages.has_pcps", put_truth(&state, local_has_pcps(&t->context)));
	EACH_TASK("smp_call_function_many.cfd", put_set(&state, local_cfd(&t->context)));
	EACH_TASK("smp_call_function_many.target", put(&state, "%d", local_target(&t->context)));
	EACH_TASK("drain_local_pages.zone", put(&state, "%d", drained_zone(&t->context)));
	EACH_CPU("irq.drain_local_pages.zone", put(&state, "%d", drained_zone(&c->handler)));
	put(&state, "}");
	return state.text;
}
