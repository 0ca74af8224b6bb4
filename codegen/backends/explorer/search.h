/*
 * The search: breadth first from the initial state, every state kept once. States are compared as bytes, by their
 * first VIEWED ones, which are whole words without gaps. What is kept of a transition, and of a state once all of
 * its own have been seen, is said by edges.h or survey.h.
 *
 * Memory is what a search waits for. So the number of a target is asked for some transitions later: its slot in the
 * table is fetched at once, half way the state that seems to be there, and only then are the two compared.
 */

typedef struct {
    uint32_t hash;
    uint32_t number;  /* of a state, + 1; 0: free */
} Slot;

typedef struct {
    State *states;
    Slot *table;  /* open addressing; slots are in the order of the hashes that belong there */
    uint64_t n_states, room, most, n_edges;
    int bits;  /* of a slot's index */
} Found;

typedef struct {
    State target;
    uint64_t number, source;  /* its own, and that of the state that it leaves */
    uint32_t hash;
    uint16_t label;
} Transition;

enum { AHEAD = 32, FEWEST_BITS = 12, MOST_BITS = 32 };

static Found found;
static State here;  /* the state whose transitions are being looked for; a copy, as the array may move */
static uint64_t here_number;
static Transition ahead[AHEAD];  /* the latest transitions, in turn */
static uint64_t n_settled;       /* so many transitions have the numbers of their targets */

/* What edges.h or survey.h do: before there are so many states; when a transition is made, and may still be changed;
 * when its target has a number; when all transitions of a state have been made. */
static void make_room(uint64_t states);
static void prepare(const State *source, State *target, uint16_t label);
static void settled(const Transition *made, uint32_t target, int is_new);
static void look_back(const State *state);

static void *grown(void *old, uint64_t count, uint64_t size)
{
    void *larger = realloc(old, count * size);
    if (!larger) trouble = OUT_OF_MEMORY;
    return larger ? larger : old;
}

static uint64_t folded(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Products of two words each, which do not wait for each other. */
static uint32_t hash_of(const State *state)
{
    uint64_t words[VIEWED / 8 + 1] = {0}, mixed = 0;
    memcpy(words, state, VIEWED);
    for (int i = 0; i < VIEWED / 8; i += 2)
        mixed += folded(words[i] ^ (0x9e3779b97f4a7c15u * (2 * (uint64_t)i + 1)), words[i + 1] ^ 0xff51afd7ed558ccdu);
    return (uint32_t)(folded(mixed, 0xc4ceb9fe1a85ec53u) >> 32);
}

static int same(const State *a, const State *b)
{
    uint64_t left[VIEWED / 8], right[VIEWED / 8], differ = 0;
    memcpy(left, a, VIEWED);
    memcpy(right, b, VIEWED);
    for (int i = 0; i < VIEWED / 8; i++) differ |= left[i] ^ right[i];
    return !differ;
}

static uint64_t slots(void) { return (uint64_t)1 << found.bits; }
static Slot *first_slot(uint32_t hash) { return &found.table[hash >> (32 - found.bits)]; }
static Slot *next_slot(Slot *slot) { return ++slot == found.table + slots() ? found.table : slot; }

/* A table of so many slots as have indices of these bits, with what is in the present one. */
static void make_slots(int bits)
{
    Found old = found;
    found.bits = bits;
    found.table = calloc(slots(), sizeof *found.table);
    if (!found.table) { found = old; trouble = OUT_OF_MEMORY; return; }
    for (uint64_t i = 0; old.table && i < (uint64_t)1 << old.bits; i++) {
        if (!old.table[i].number) continue;
        Slot *slot = first_slot(old.table[i].hash);
        while (slot->number) slot = next_slot(slot);
        *slot = old.table[i];
    }
    free(old.table);
}

/* The slot of a state: its own, or the free one where it belongs. */
static Slot *slot_of(const State *state, uint32_t hash)
{
    Slot *slot = first_slot(hash);
    while (slot->number && (slot->hash != hash || !same(&found.states[slot->number - 1], state))) slot = next_slot(slot);
    return slot;
}

/* A state that has no slot gets this one, and the next number. */
static void add(Slot *slot, const State *state, uint32_t hash)
{
    if (found.n_states == found.most) { trouble = TOO_MANY_STATES; return; }
    if (found.n_states == found.room) {
        found.room += found.room / 2;
        found.states = grown(found.states, found.room, sizeof *found.states);
        make_room(found.room);
        if (trouble) return;
    }
    found.states[found.n_states++] = *state;
    *slot = (Slot){hash, (uint32_t)found.n_states};
    if (found.n_states * 2 > slots() && found.bits < MOST_BITS) make_slots(found.bits + 1);
}

/* Fetch the state that a target is likely to be, if it has been seen. */
static void fetch(const Transition *made)
{
    Slot *slot = first_slot(made->hash);
    while (slot->number && slot->hash != made->hash) slot = next_slot(slot);
    if (!slot->number) return;
    const char *state = (const char *)&found.states[slot->number - 1];
    for (int i = 0; i < VIEWED; i += 64) __builtin_prefetch(state + i);
    __builtin_prefetch(state + VIEWED - 1);
}

/* The oldest transition of which it is not known finds out where it leads. */
static void settle(void)
{
    const Transition *made = &ahead[n_settled++ % AHEAD];
    Slot *slot = slot_of(&made->target, made->hash);
    uint32_t number = slot->number;
    if (!number) add(slot, &made->target, made->hash);
    if (!trouble) settled(made, number ? number - 1 : (uint32_t)(found.n_states - 1), !number);
}

/* A copy of the state, which becomes the target of the next transition. */
static State *changed(const State *s)
{
    State *n = &ahead[found.n_edges % AHEAD].target;
    *n = *s;
    return n;
}

/* There is a transition to what has become of the latest copy. */
static void edge(uint16_t label)
{
    if (trouble) return;
    Transition *made = &ahead[found.n_edges % AHEAD];
    prepare(&here, &made->target, label);
    made->source = here_number;
    made->number = found.n_edges++;
    made->label = label;
    made->hash = hash_of(&made->target);
    __builtin_prefetch(first_slot(made->hash));
    if (found.n_edges >= AHEAD / 2) fetch(&ahead[(found.n_edges - AHEAD / 2) % AHEAD]);
    if (found.n_edges - n_settled == AHEAD) settle();
}

/* Whether a state is there to be looked at; transitions that may lead to it are settled first. */
static int is_next(uint64_t number)
{
    while (number == found.n_states && n_settled < found.n_edges && !trouble) settle();
    return number < found.n_states && !trouble;
}

/* Explore; 0, or what the trouble is. */
int explore(uint64_t most_states)
{
    trouble = 0;
    n_settled = 0;
    found = (Found){.room = 1024, .most = most_states};
    found.states = grown(NULL, found.room, sizeof *found.states);
    make_room(found.room);
    make_slots(FEWEST_BITS);
    if (trouble) return trouble;
    initial(&here);
    uint32_t hash = hash_of(&here);
    add(first_slot(hash), &here, hash);
    for (here_number = 0; is_next(here_number); here_number++) {
        here = found.states[here_number];
        successors(&here);
        look_back(&here);
    }
    return trouble;
}

uint64_t state_size(void) { return sizeof(State); }
uint64_t count_states(void) { return found.n_states; }
uint64_t count_edges(void) { return found.n_edges; }
const void *states(void) { return found.states; }
