/*
 * The search: breadth first from the initial state, every state kept once, every labelled transition noted.
 * States are compared as bytes; they are whole words, without gaps.
 */

typedef struct {
    State *states;
    uint64_t *first;  /* of state i: edges first[i] up to first[i + 1] */
    uint16_t *labels;
    uint32_t *targets;
    uint32_t *table;  /* open addressing: number of a state + 1, or 0 */
    uint64_t n_states, room_states, n_edges, room_edges, slots, most;
} Graph;

static Graph graph;

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
    for (size_t i = 0; i < sizeof *state; i += sizeof mixed) {
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
    for (uint64_t i = 0; i < graph.n_states; i++) {
        uint64_t slot = hash(&graph.states[i]) & (slots - 1);
        while (table[slot]) slot = (slot + 1) & (slots - 1);
        table[slot] = (uint32_t)(i + 1);
    }
    free(graph.table);
    graph.table = table;
    graph.slots = slots;
}

/* The number of a state, a new one if it has not been seen. */
static uint32_t number_of(const State *state)
{
    uint64_t slot = hash(state) & (graph.slots - 1);
    for (; graph.table[slot]; slot = (slot + 1) & (graph.slots - 1))
        if (!memcmp(&graph.states[graph.table[slot] - 1], state, sizeof *state))
            return graph.table[slot] - 1;
    if (graph.n_states == graph.most) { trouble = TOO_MANY_STATES; return 0; }
    if (graph.n_states == graph.room_states) {
        graph.room_states *= 2;
        graph.states = grown(graph.states, graph.room_states, sizeof *graph.states);
        graph.first = grown(graph.first, graph.room_states + 1, sizeof *graph.first);
        if (trouble) return 0;
    }
    graph.states[graph.n_states] = *state;
    graph.table[slot] = (uint32_t)++graph.n_states;
    uint32_t number = (uint32_t)(graph.n_states - 1);
    if (graph.n_states * 2 > graph.slots) rehash(graph.slots * 2);
    return number;
}

/* A labelled transition from the state that is being looked at. */
static void edge(const State *target, uint16_t label)
{
    if (trouble) return;
    if (graph.n_edges == graph.room_edges) {
        graph.room_edges *= 2;
        graph.labels = grown(graph.labels, graph.room_edges, sizeof *graph.labels);
        graph.targets = grown(graph.targets, graph.room_edges, sizeof *graph.targets);
        if (trouble) return;
    }
    uint32_t number = number_of(target);
    graph.labels[graph.n_edges] = label;
    graph.targets[graph.n_edges++] = number;
}

/* Explore; 0, or what the trouble is. */
int explore(uint64_t most_states)
{
    trouble = 0;
    graph = (Graph){.room_states = 1024, .room_edges = 4096, .slots = 4096, .most = most_states};
    graph.states = grown(NULL, graph.room_states, sizeof *graph.states);
    graph.first = grown(NULL, graph.room_states + 1, sizeof *graph.first);
    graph.labels = grown(NULL, graph.room_edges, sizeof *graph.labels);
    graph.targets = grown(NULL, graph.room_edges, sizeof *graph.targets);
    rehash(graph.slots);
    if (trouble) return trouble;
    State start;
    initial(&start);
    number_of(&start);
    for (uint64_t i = 0; i < graph.n_states && !trouble; i++) {
        graph.first[i] = graph.n_edges;
        State here = graph.states[i];  /* a copy: the array may move */
        successors(&here);
    }
    graph.first[graph.n_states] = graph.n_edges;
    return trouble;
}

void forget(void)
{
    free(graph.states);
    free(graph.first);
    free(graph.labels);
    free(graph.targets);
    free(graph.table);
    graph = (Graph){0};
}

uint64_t state_size(void) { return sizeof(State); }
uint64_t count_states(void) { return graph.n_states; }
uint64_t count_edges(void) { return graph.n_edges; }
const void *states(void) { return graph.states; }
const void *first_edges(void) { return graph.first; }
const void *edge_labels(void) { return graph.labels; }
const void *edge_targets(void) { return graph.targets; }
