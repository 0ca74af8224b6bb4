/* Every labelled transition is noted: the whole graph. The edges of state i are first[i] up to first[i + 1]. */

static struct {
    uint64_t *first;
    uint16_t *labels;
    uint32_t *targets;
    uint64_t room;
} edges;

static void make_room(uint64_t states)
{
    edges.first = grown(edges.first, states + 1, sizeof *edges.first);
    if (!trouble) edges.first[0] = 0;
}

static void prepare(const State *source, State *target, uint16_t label)
{
    (void)source, (void)target;
    if (found.n_edges == edges.room) {
        edges.room = edges.room ? edges.room + edges.room / 2 : 4096;
        edges.labels = grown(edges.labels, edges.room, sizeof *edges.labels);
        edges.targets = grown(edges.targets, edges.room, sizeof *edges.targets);
        if (trouble) return;
    }
    edges.labels[found.n_edges] = label;
}

static void settled(const Transition *made, uint32_t target, int is_new)
{
    (void)is_new;
    edges.targets[made->number] = target;
}

static void look_back(const State *state)
{
    (void)state;
    edges.first[here_number + 1] = found.n_edges;
}

void forget(void)
{
    free(found.states);
    free(found.table);
    free(edges.first);
    free(edges.labels);
    free(edges.targets);
    found = (Found){0};
    memset(&edges, 0, sizeof edges);
}

const void *first_edges(void) { return edges.first; }
const void *edge_labels(void) { return edges.labels; }
const void *edge_targets(void) { return edges.targets; }
