/*
 * A survey: properties are judged in every state. Of the transitions there is kept, for each state, the one by
 * which it was found first: the last step of a shortest way to it. What is told is which properties fail and in
 * which state first, whose premise is reached, and which labels are taken.
 */

static struct {
    uint32_t *from;
    uint16_t *by;
    int kernel_goes_on;
    uint8_t premise[NR_PROPERTIES], taken[NR_LABELS];
    uint32_t guilty[NR_PROPERTIES];  /* 1 + the number of the first state that violates the property; 0: none does */
} seen;

static void make_room(uint64_t states)
{
    seen.from = grown(seen.from, states, sizeof *seen.from);
    seen.by = grown(seen.by, states, sizeof *seen.by);
}

static void prepare(const State *source, State *target, uint16_t label)
{
    watch(source, target);
    seen.taken[label] = 1;
    seen.kernel_goes_on |= OF_THE_KERNEL[label];
}

static void settled(const Transition *made, uint32_t target, int is_new)
{
    if (!is_new) return;
    seen.from[target] = (uint32_t)made->source;
    seen.by[target] = made->label;
}

static void look_back(const State *state)
{
    Situation now = {state, seen.kernel_goes_on, 0};
    for (int d = 0; d < NR_TASKS; d++)
        if (state->at[d]) now.in_calls |= bit(d);
    for (int i = 0; i < NR_PROPERTIES; i++) {
        if (!PROPERTIES[i].keeps(&now) && !seen.guilty[i]) seen.guilty[i] = (uint32_t)here_number + 1;
        if (PROPERTIES[i].premise(&now)) seen.premise[i] = 1;
    }
    seen.kernel_goes_on = 0;
}

void forget(void)
{
    free(found.states);
    free(found.table);
    free(seen.from);
    free(seen.by);
    found = (Found){0};
    memset(&seen, 0, sizeof seen);
}

const void *found_from(void) { return seen.from; }
const void *found_by(void) { return seen.by; }
const void *premises(void) { return seen.premise; }
const void *taken(void) { return seen.taken; }
const void *guilty(void) { return seen.guilty; }
