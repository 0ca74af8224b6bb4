/*
 * The ghosts: what properties remember of a call. No step reads one. They are kept by somebody who stands beside
 * the machine and sees each step's state before, `s`, and after, `n`; a list of a CPU and a zone is one bit.
 */

static int list(int c, int z) { return c * NR_ZONES + z; }
static Lists lists_of(int c) { return ((((Lists)1 << NR_ZONES) - 1) << list(c, 0)); }

/* A page that is linked and not counted yet is on its list. */
static Lists lists_with_pages(const State *s)
{
    Lists lists = 0;
    for (int c = 0; c < NR_CPUS; c++)
        for (int z = 0; z < NR_ZONES; z++)
            if (s->pcp[c][z] > 0 || s->linking[c] == z) lists |= (Lists)1 << list(c, z);
    return lists;
}

static Lists lists_of_cpus(int mask)
{
    Lists lists = 0;
    for (int c = 0; c < NR_CPUS; c++)
        if (has(mask, c)) lists |= lists_of(c);
    return lists;
}

static int cpus_of_lists(Lists lists)
{
    int cpus = 0;
    for (int c = 0; c < NR_CPUS; c++)
        if (lists & lists_of(c)) cpus |= bit(c);
    return cpus;
}

/* A call begins: a new record of what it owes, and whoever has pages may be interrupted for them. */
static void watch_call(State *n, int d, Lists lists)
{
    n->owes[d] = lists & lists_of_cpus(n->online);
    n->notified[d] = 0;
    n->never_empty[d] = cpus_of_lists(lists) & n->online;
    n->had_pages[d] = cpus_of_lists(lists);
    n->called[d] = 0;
    n->missed[d] = 0;
    if (n->last_writer == d) n->last_writer = -1;
}

/* The record of a call goes on after its return, until the next one; what it owes only gets less. */
static void watch(const State *s, State *n)
{
    Lists lists = lists_with_pages(n);
    int cpus = cpus_of_lists(lists), gone = s->online & ~n->online;
    for (int d = 0; d < NR_TASKS; d++) {
        if (s->at[d] == 0 && n->at[d] != 0) {
            watch_call(n, d, lists);
            continue;
        }
        Lists handed_on = s->owes[d] & lists_of_cpus(gone);  /* to the notifier of a CPU that has just left */
        n->owes[d] = s->owes[d] & ~handed_on & lists;
        n->notified[d] = (s->notified[d] | handed_on) & lists;
        n->never_empty[d] = s->never_empty[d] & cpus & ~gone;
        if (n->at[d] != 0) {
            n->had_pages[d] = s->had_pages[d] | cpus;
            n->called[d] = s->called[d] | (n->awaiting[d] & ~s->awaiting[d]);
        } else if (s->at[d] != 0) {
            n->had_pages[d] = n->called[d] = 0;
            n->missed[d] = n->owes[d] != 0;
        }
    }
}
