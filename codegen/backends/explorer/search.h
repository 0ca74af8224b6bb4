/*
 * The search: breadth first from the initial state, every state kept once. States are compared as bytes, by their
 * first VIEWED ones, which are whole words without gaps. What becomes of a transition, and of a state once all of
 * its own have been seen, is said by edges.h or survey.h.
 */

typedef struct {
    State *states;
    uint32_t *table;  /* open addressing: number of a state + 1, or 0 */
    uint64_t n_states, room, slots, most, n_edges;
} Found;

static Found found;
static uint64_t here;  /* the number of the state whose transitions are being looked for */

static void *grown(void *old, uint64_t count, uint64_t size)
{
    void *larger = realloc(old, count * size);
    if (!larger) trouble = OUT_OF_MEMORY;
    return larger ? larger : old;
}

static uint64_t hash(const State *state)
{
    const unsigned char *bytes = (const unsigned char *)state;
    uint64_t mixed = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < VIEWED; i += sizeof mixed) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        mixed = (mixed ^ word) * 0xff51afd7ed558ccdu;
        mixed ^= mixed >> 32;
    }
    return mixed;
}

static void rehash(uint64_t slots)
{
    uint32_t *table = calloc(slots, sizeof *table);
    if (!table) { trouble = OUT_OF_MEMORY; return; }
    for (uint64_t i = 0; i < found.n_states; i++) {
        uint64_t slot = hash(&found.states[i]) & (slots - 1);
        while (table[slot]) slot = (slot + 1) & (slots - 1);
        table[slot] = (uint32_t)(i + 1);
    }
    free(found.table);
    found.table = table;
    found.slots = slots;
}

static void make_room(uint64_t states);
static void look_back(const State *state);

/* The number of a state, a new one if it has not been seen. */
static uint32_t number_of(const State *state)
{
    uint64_t slot = hash(state) & (found.slots - 1);
    for (; found.table[slot]; slot = (slot + 1) & (found.slots - 1))
        if (!memcmp(&found.states[found.table[slot] - 1], state, VIEWED))
            return found.table[slot] - 1;
    if (found.n_states == found.most) { trouble = TOO_MANY_STATES; return 0; }
    if (found.n_states == found.room) {
        found.room *= 2;
        found.states = grown(found.states, found.room, sizeof *found.states);
        make_room(found.room);
        if (trouble) return 0;
    }
    found.states[found.n_states] = *state;
    found.table[slot] = (uint32_t)++found.n_states;
    uint32_t number = (uint32_t)(found.n_states - 1);
    if (found.n_states * 2 > found.slots) rehash(found.slots * 2);
    return number;
}

/* Explore; 0, or what the trouble is. */
int explore(uint64_t most_states)
{
    trouble = 0;
    found = (Found){.room = 1024, .slots = 4096, .most = most_states};
    found.states = grown(NULL, found.room, sizeof *found.states);
    make_room(found.room);
    rehash(found.slots);
    if (trouble) return trouble;
    State start;
    initial(&start);
    number_of(&start);
    for (here = 0; here < found.n_states && !trouble; here++) {
        State state = found.states[here];  /* a copy: the array may move */
        successors(&state);
        look_back(&state);
    }
    return trouble;
}

uint64_t state_size(void) { return sizeof(State); }
uint64_t count_states(void) { return found.n_states; }
uint64_t count_edges(void) { return found.n_edges; }
const void *states(void) { return found.states; }
