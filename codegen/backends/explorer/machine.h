/*
 * The machine on which drain_all_pages() runs, as the explorer sees it: what can happen on it besides the
 * steps of the program, and what the machine's part of such a step does. `s` is the state before, `n` the
 * state after, which begins as a copy. Linux 3.0 to 5.19; for the reasons see spec/tla, for page identity
 * pcpref: this is the same machine once more, written for speed.
 */

static int has(int mask, int member) { return member >= 0 && member < 8 && (mask >> member & 1); }
static int bit(int member) { return member >= 0 && member < 8 ? 1 << member : 0; }
static int weight(int mask) { return __builtin_popcount((unsigned)mask); }

/* cpumask_next(): the least member above cpu, or NR_CPUS. */
static int next_cpu(int cpu, int mask)
{
    int above = mask & ~((1 << (cpu + 1)) - 1);
    return above ? __builtin_ctz((unsigned)above) : NR_CPUS;
}

/* Division as mathematicians have it: rounded down, the remainder with the sign of the divisor. */
static int floor_div(int a, int b)
{
    if (b == 0) { trouble = DIVIDED_BY_ZERO; return 0; }
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
static int floor_mod(int a, int b) { return b == 0 ? floor_div(a, b) : a - b * floor_div(a, b); }

/* An int of the program must fit the state. */
static int small(int value)
{
    if (value != (int16_t)value) trouble = NUMBER_TOO_LARGE;
    return value;
}

/* A task runs: its CPU is online, in no handler and in no half-made free, and no neighbour has preemption
 * off. An idle one comes to run only with interrupts on. */
static int task_runs(const State *s, int d)
{
    int cpu = HOME[d];
    if (!has(s->online, cpu) || s->serving[cpu] >= 0 || s->linking[cpu] >= 0) return 0;
    for (int other = 0; other < NR_TASKS; other++)
        if (other != d && HOME[other] == cpu && s->preempt_count[other] > 0) return 0;
    return s->at[d] != 0 || s->irqs_on[cpu];
}

/* Interrupts reach this CPU: IPIs, and the workload's frees and allocations. */
static int interruptible(const State *s, int c)
{
    return has(s->online, c) && s->irqs_on[c] && s->serving[c] < 0 && s->linking[c] < 0;
}

/* ---- the machine's part of a program's steps ---------------------------------------------------------- */

static inline void preempt_disable(const State *s, State *n, int d) { n->preempt_count[d] = s->preempt_count[d] + 1; }
static inline void preempt_enable(const State *s, State *n, int d) { n->preempt_count[d] = s->preempt_count[d] - 1; }
static inline void local_irq_disable(const State *s, State *n, int c) { (void)s; n->irqs_on[c] = 0; }
static inline void local_irq_enable(const State *s, State *n, int c) { (void)s; n->irqs_on[c] = 1; }

static inline void send_call(const State *s, State *n, int d, int target)
{
    n->call_queue[target] = s->call_queue[target] | bit(d);
    n->awaiting[d] = s->awaiting[d] | bit(target);
}

/* csd_unlock(), unless that is done: a call of the same task in the queue is a later one. */
static inline void ack_call(const State *s, State *n, int c)
{
    int d = s->serving[c];
    if (!has(s->call_queue[c], d)) n->awaiting[d] = s->awaiting[d] & ~bit(c);
}

static inline void drain_zone_pages(const State *s, State *n, int c, int z)
{
    n->buddy[z] = s->buddy[z] + s->pcp[c][z];
    n->pcp[c][z] = 0;
}

static inline void forget_zone_pages(const State *s, State *n, int c, int z) { (void)s; n->pcp[c][z] = 0; }

static inline void duplicate_zone_pages(const State *s, State *n, int c, int z)
{
    n->buddy[z] = (int16_t)small(s->buddy[z] + s->pcp[c][z]);
}

/* ---- what happens besides --------------------------------------------------------------------------- */

/* A page joins a list; one that is `high` long gives a batch, or all it has, to the buddy. */
static void join_list(State *n, int c, int z)
{
    int count = n->pcp[c][z] + 1;
    int surplus = count < HIGH ? 0 : count < BATCH ? count : BATCH;
    n->pcp[c][z] = count - surplus;
    n->buddy[z] += surplus;
}

static void workload(const State *s, int c)
{
    for (int z = 0; z < NR_ZONES; z++) {
        if (s->linking[c] == z) {
            State *n = changed(s);
            n->linking[c] = -1;
            join_list(n, c, z);
            edge(COUNT[c][z]);
        }
        if (!interruptible(s, c)) continue;
        if (s->in_use[z] > 0) {
            State *n = changed(s);
            n->in_use[z]--;
            if (COUNT_WINDOW) n->linking[c] = z;
            else join_list(n, c, z);
            edge(COUNT_WINDOW ? LINK[c][z] : FREE[c][z]);
        }
        int refill = s->pcp[c][z] > 0 ? 0 : s->buddy[z] < BATCH ? s->buddy[z] : BATCH;
        if (s->pcp[c][z] + refill > 0) {
            State *n = changed(s);
            n->buddy[z] -= refill;
            n->pcp[c][z] += refill - 1;
            n->in_use[z]++;
            edge(ALLOC[c][z]);
        }
    }
}

/* stop_machine() gets every online CPU only where preemption and interrupts are on and nothing is under way. */
static int all_can_stop(const State *s)
{
    for (int d = 0; d < NR_TASKS; d++)
        if (s->preempt_count[d] > 0) return 0;
    for (int c = 0; c < NR_CPUS; c++)
        if (has(s->online, c) && !interruptible(s, c)) return 0;
    return 1;
}

/* The task in cpu_down(), which runs the notifier, gets some CPU: one where nobody has preemption off. */
static int notifier_runs(const State *s)
{
    int pinned = 0, cpus = 0;
    for (int d = 0; d < NR_TASKS; d++)
        if (s->preempt_count[d] > 0) pinned |= bit(HOME[d]);
    for (int c = 0; c < NR_CPUS; c++)
        if (interruptible(s, c)) cpus |= bit(c);
    return (cpus & ~pinned) != 0;
}

static void hotplug(const State *s)
{
    int notifying = 0;
    for (int c = 0; c < NR_CPUS; c++)
        notifying |= s->dead_zone[c] >= 0;
    for (int c = 0; c < NR_CPUS; c++) {
        if (!has(LEAVERS, c)) continue;
        State *n = changed(s);
        if (s->dead_zone[c] >= 0) {
            if (!notifier_runs(s)) continue;
            int z = s->dead_zone[c];
            drain_zone_pages(s, n, c, z);
            n->dead_zone[c] = z + 1 < NR_ZONES ? z + 1 : -1;
            edge(DEAD[c][z]);
        } else if (notifying) {
            continue;
        } else if (!has(s->online, c)) {
            n->online |= bit(c);
            edge(ONLINE[c]);
        } else if (all_can_stop(s) && s->call_queue[c] == 0) {
            n->online &= ~bit(c);
            n->dead_zone[c] = 0;
            edge(OFFLINE[c]);
        }
    }
}

/* The task's return, which ends its signal too. */
static void task_return(const State *s, int d)
{
    State *n = changed(s);
    n->signalled[d] = 0;
    n->at[d] = 0;
    edge(RETURN[d]);
}

static void task_signal(const State *s, int d)
{
    if (!SIGNALS || s->at[d] == 0 || s->signalled[d]) return;
    State *n = changed(s);
    n->signalled[d] = 1;
    edge(SIGNAL[d]);
}
