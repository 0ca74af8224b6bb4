/*
 * The machine on which the two variants run, in Promela, by hand, to be measured against: a process for each
 * caller and one for each CPU. A step is a d_step, and `at` says which comes next: the labels of Promela would
 * make steps of their own out of its jumps. CPUS, ZONES, TASKS, PAGES and CALLS are defined on the command line.
 *
 * A caller runs on its CPU while no handler does, and no other caller there has preemption off. A CPU takes IPIs,
 * and its workload frees and allocates pages, while its interrupts are on. All CPUs are online. Locals that nobody
 * needs any more are reset, so that they tell no states apart. Sets are bits.
 */
#define NONE 255
#define BIT(member) (1 << (member))
#define HAS(set, member) ((set) >> (member) & 1)
#define ONLINE (BIT(CPUS) - 1)
#define LIST(c, z) ((c) * ZONES + (z))

byte pcp[CPUS * ZONES];    /* pages on each list, */
byte buddy[ZONES];         /* free in the buddy allocator, */
byte in_use[ZONES] = PAGES /* and allocated */;
bool irqs_off[CPUS];
byte preempt_count[TASKS];
byte call_queue[CPUS];     /* whose calls wait to be taken */
byte serving[CPUS] = NONE; /* whose call the handler runs */
byte awaiting[TASKS];      /* whose answers the caller waits for */
byte cpus_with_pcps;
int owes[TASKS];           /* ghost: lists not empty at the call, nor ever since */
hidden byte i;

#define HOME(d) ((d) % CPUS)
#define KEEPS_OFF(other, d) ((other) != (d) && HOME(other) == HOME(d) && preempt_count[other] > 0)
#if TASKS > 2
#define KEPT_OFF(d) (KEEPS_OFF(0, d) || KEEPS_OFF(1, d) || KEEPS_OFF(2, d))
#elif TASKS > 1
#define KEPT_OFF(d) (KEEPS_OFF(0, d) || KEEPS_OFF(1, d))
#else
#define KEPT_OFF(d) false
#endif
#define RUNS(d) (serving[HOME(d)] == NONE && !KEPT_OFF(d))
#define RUNS_IRQS_ON(d) (RUNS(d) && !irqs_off[HOME(d)])

/* cpumask_next(): the first member after c, or CPUS. */
inline next(c, set) {
    c = (c == NONE -> 0 : c + 1);
    do
    :: c >= CPUS || HAS(set, c) -> break
    :: else -> c++
    od
}

inline is_empty_now(list) {
    i = 0;
    do
    :: i < TASKS -> owes[i] = owes[i] & ~BIT(list); i++
    :: else -> break
    od
}

inline drain(c, z) {
    buddy[z] = buddy[z] + pcp[LIST(c, z)];
    pcp[LIST(c, z)] = 0;
    is_empty_now(LIST(c, z))
}

inline begin_call(d) {
    i = 0;
    owes[d] = 0;
    do
    :: i < CPUS * ZONES -> owes[d] = owes[d] | (pcp[i] > 0 -> BIT(i) : 0); i++
    :: else -> break
    od
}

mtype = {
    idle, lock, spin, clear, scan, look, set_bit, clear_bit, pin, peek, peek_online, copy, copy_online, send, wait, own,
    local_irq_disable, drain_own, local_irq_enable, unpin, unlock, unlocked, returns,
    running, drain_called, ack
};

#define TAKE(d) \
    :: d_step { at == running && !irqs_off[me] && HAS(call_queue[me], d) -> \
        call_queue[me] = call_queue[me] & ~BIT(d); serving[me] = d; zone = 0; at = drain_called }
#define FREE(z) \
    :: d_step { at == running && !irqs_off[me] && in_use[z] > 0 -> in_use[z]--; pcp[LIST(me, z)]++ }
/* From the list, or by way of it from the buddy. */
#define ALLOC(z) \
    :: d_step { at == running && !irqs_off[me] && (pcp[LIST(me, z)] > 0 || buddy[z] > 0) -> \
        in_use[z]++; \
        if \
        :: pcp[LIST(me, z)] == 0 -> buddy[z]-- \
        :: pcp[LIST(me, z)] == 1 -> pcp[LIST(me, z)] = 0; is_empty_now(LIST(me, z)) \
        :: else -> pcp[LIST(me, z)]-- \
        fi }

active [TASKS] proctype task()
{
    mtype at = idle;
    byte calls_left = CALLS, cpu = NONE, zone = NONE, cfd, target = NONE, own_zone = NONE, others;

    do
    :: d_step { at == idle && calls_left > 0 && RUNS_IRQS_ON(_pid) ->
        calls_left--; begin_call(_pid); at = FIRST }
    SCAN

    /* on_each_cpu_mask() */
    :: d_step { at == pin && RUNS_IRQS_ON(_pid) -> preempt_count[_pid]++; at = peek }

    /* smp_call_function_many(): two searches of the mask */
    :: d_step { at == peek && RUNS_IRQS_ON(_pid) -> cfd = cpus_with_pcps; at = peek_online }
    :: d_step { at == peek_online && RUNS_IRQS_ON(_pid) ->
        cfd = cfd & ONLINE & ~BIT(HOME(_pid));
        if
        :: cfd == 0 -> at = own
        :: cfd != 0 && (cfd & (cfd - 1)) == 0 -> next(target, cfd); at = send
        :: else -> cfd = 0; at = copy  /* several: what was seen is forgotten, as the mask is read once more */
        fi }
    :: d_step { at == copy && RUNS_IRQS_ON(_pid) -> cfd = cpus_with_pcps; at = copy_online }
    :: d_step { at == copy_online && RUNS_IRQS_ON(_pid) ->
        cfd = cfd & ONLINE & ~BIT(HOME(_pid));
        if
        :: cfd == 0 -> at = own
        :: else -> next(target, cfd); at = send
        fi }
    :: d_step { at == send && RUNS_IRQS_ON(_pid) && !HAS(awaiting[_pid], target) ->
        call_queue[target] = call_queue[target] | BIT(_pid);
        awaiting[_pid] = awaiting[_pid] | BIT(target);
        next(target, cfd);
        if
        :: target == CPUS -> target = NONE; next(target, cfd); at = wait
        :: else
        fi }
    :: d_step { at == wait && RUNS_IRQS_ON(_pid) && !HAS(awaiting[_pid], target) ->
        next(target, cfd);
        if
        :: target == CPUS -> target = NONE; cfd = 0; at = own
        :: else
        fi }

    /* this CPU: read again, from the live mask */
    :: d_step { at == own && RUNS_IRQS_ON(_pid) ->
        at = (HAS(cpus_with_pcps, HOME(_pid)) -> local_irq_disable : unpin) }
    :: d_step { at == local_irq_disable && RUNS_IRQS_ON(_pid) ->
        irqs_off[HOME(_pid)] = true; own_zone = 0; at = drain_own }
    :: d_step { at == drain_own && RUNS(_pid) ->
        drain(HOME(_pid), own_zone);
        own_zone++;
        if
        :: own_zone == ZONES -> own_zone = NONE; at = local_irq_enable
        :: else
        fi }
    :: d_step { at == local_irq_enable && RUNS(_pid) -> irqs_off[HOME(_pid)] = false; at = unpin }
    :: d_step { at == unpin && RUNS_IRQS_ON(_pid) -> preempt_count[_pid]--; at = LAST }
    :: d_step { at == returns && RUNS_IRQS_ON(_pid) ->
        assert(owes[_pid] == 0);  /* drain_complete: each list that had pages at the call has been empty since */
        at = idle }
    od
}

#define me (_pid - TASKS)

active [CPUS] proctype machine()
{
    mtype at = running;
    byte zone = NONE;

    do
    TAKE(0)
#if TASKS > 1
    TAKE(1)
#endif
#if TASKS > 2
    TAKE(2)
#endif
    FREE(0)
    ALLOC(0)
#if ZONES > 1
    FREE(1)
    ALLOC(1)
#endif
#if ZONES > 2
    FREE(2)
    ALLOC(2)
#endif
    :: d_step { at == drain_called ->
        drain(me, zone);
        zone++;
        if
        :: zone == ZONES -> zone = NONE; at = ack
        :: else
        fi }
    :: d_step { at == ack ->
        if
        :: !HAS(call_queue[me], serving[me]) -> awaiting[serving[me]] = awaiting[serving[me]] & ~BIT(me)
        :: else
        fi;
        serving[me] = NONE;
        at = running }
    od
}
