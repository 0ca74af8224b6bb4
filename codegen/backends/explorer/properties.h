/*
 * What a drain must keep, as predicates of one state with its ghosts, and what each speaks of: its premise.
 * codegen/properties.py says in words what each means.
 */

typedef struct {
    const State *s;
    int kernel_goes_on;  /* some step of a task, of a handler, into one, or the second half of a free is possible */
    int in_calls;        /* tasks, as bits */
} Situation;

static int all_idle(const Situation *now) { return now->in_calls == 0; }
static int is_idle(const Situation *now, int d) { return !has(now->in_calls, d); }

/* The notifier of a CPU that has left has yet to come to this zone. */
static int notifier_will_drain(const State *s, int c, int z) { return s->dead_zone[c] >= 0 && z >= s->dead_zone[c]; }

static int drain_complete(const Situation *now)
{
    for (int d = 0; d < NR_TASKS; d++)
        if (is_idle(now, d) && now->s->owes[d]) return 0;
    return 1;
}
static int drain_complete_premise(const Situation *now)
{
    for (int d = 0; d < NR_TASKS; d++)
        if (!is_idle(now, d) && now->s->owes[d]) return 1;
    return 0;
}

static int drain_complete_or_notified(const Situation *now)
{
    if (!drain_complete(now)) return 0;
    for (int d = 0; d < NR_TASKS; d++)
        for (int c = 0; c < NR_CPUS; c++)
            for (int z = 0; z < NR_ZONES; z++)
                if (is_idle(now, d) && now->s->notified[d] >> list(c, z) & 1 && !notifier_will_drain(now->s, c, z)) return 0;
    return 1;
}
static int drain_complete_or_notified_premise(const Situation *now)
{
    for (int d = 0; d < NR_TASKS; d++)
        if (now->s->notified[d]) return 1;
    return 0;
}

static int drain_instant(const Situation *now)
{
    for (int d = 0; d < NR_TASKS; d++)
        if (is_idle(now, d) && now->s->never_empty[d]) return 0;
    return 1;
}
static int drain_instant_premise(const Situation *now)
{
    for (int d = 0; d < NR_TASKS; d++)
        if (!is_idle(now, d) && now->s->never_empty[d]) return 1;
    return 0;
}

static int page_conservation(const Situation *now)
{
    const State *s = now->s;
    for (int z = 0; z < NR_ZONES; z++) {
        int pages = s->buddy[z] + s->in_use[z];
        for (int c = 0; c < NR_CPUS; c++)
            pages += s->pcp[c][z] + (s->linking[c] == z);
        if (pages != PAGES) return 0;
    }
    return 1;
}
static int page_conservation_premise(const Situation *now) { return lists_with_pages(now->s) != 0; }

static int no_ipi_to_offline(const Situation *now)
{
    for (int c = 0; c < NR_CPUS; c++)
        if (now->s->call_queue[c] && !has(now->s->online, c)) return 0;
    return 1;
}
static int no_ipi_to_offline_premise(const Situation *now) { return now->in_calls && now->s->online != ALL_CPUS; }

static int no_useless_ipi(const Situation *now)
{
    for (int d = 0; d < NR_TASKS; d++)
        for (int c = 0; c < NR_CPUS; c++)
            if (!is_idle(now, d) && has(now->s->call_queue[c], d) && !has(now->s->had_pages[d], c)) return 0;
    return 1;
}
static int no_useless_ipi_premise(const Situation *now)
{
    for (int c = 0; c < NR_CPUS; c++)
        if (now->s->call_queue[c]) return 1;
    return 0;
}

static int never_stuck(const Situation *now) { return !now->in_calls || now->kernel_goes_on; }
static int never_stuck_premise(const Situation *now) { return now->in_calls != 0; }

static int last_writer_complete(const Situation *now)
{
    int writer = now->s->last_writer;
    return !all_idle(now) || writer < 0 || !now->s->missed[writer];
}
static int last_writer_complete_premise(const Situation *now)
{
    return now->s->last_writer >= 0 && weight(now->in_calls) > 1;
}

/* The task is about to count its drain as one that called few CPUs. */
static int counts_as_saved(const State *s, int d) { return COUNTS_AS_SAVED[s->at[d]]; }

static int saved_is_honest(const Situation *now)
{
    for (int d = 0; d < NR_TASKS; d++)
        if (counts_as_saved(now->s, d) && 2 * weight(now->s->called[d]) >= weight(now->s->online)) return 0;
    return 1;
}
static int saved_is_honest_premise(const Situation *now)
{
    for (int d = 0; d < NR_TASKS; d++)
        if (counts_as_saved(now->s, d)) return 1;
    return 0;
}

static int unlocked_context(const Situation *now)
{
    const State *s = now->s;
    int irqs_on = ALL_CPUS;
    for (int c = 0; c < NR_CPUS; c++)
        if (!s->irqs_on[c]) irqs_on &= ~bit(c);
    for (int d = 0; d < NR_TASKS; d++) {
        if (is_idle(now, d) && (s->preempt_count[d] || holds_lock(s, d))) return 0;
        if (HAS_IRQS_OFF[s->at[d]]) irqs_on |= bit(HOME[d]);
    }
    return irqs_on == ALL_CPUS;
}
static int unlocked_context_premise(const Situation *now)
{
    const State *s = now->s;
    for (int d = 0; d < NR_TASKS; d++)
        if (s->preempt_count[d] > 0 || holds_lock(s, d) || !s->irqs_on[HOME[d]]) return 1;
    return 0;
}
