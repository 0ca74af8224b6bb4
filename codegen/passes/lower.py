"""Lower: stepped tree => step machine. Afterwards a step is one access, the local code behind it values.

Local code is run symbolically from each step to the next. What follows a place in the tree is a `Rest`, a
linked list; since control is structured, the place determines its rest, and loop positions are ordinary
locals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from .. import errors
from ..ir import expr as x
from ..ir.context import Context
from ..ir.steps import Action, Guard, Machine, Step
from ..ir.tree import (
    Branch,
    Effect,
    ForEach,
    Inline,
    Jump,
    LocalVar,
    Loop,
    MaskOp,
    Node,
    Process,
    Scope,
    SetLocal,
    StepPoint,
)
from .tails import Env, Fork, Leaf, Tail, control, merged, only

_MACHINE_ACTIONS = {
    "preempt_disable", "preempt_enable", "local_irq_disable", "local_irq_enable", "send_call", "ack_call",
    "drain_zone_pages", "forget_zone_pages", "duplicate_zone_pages",
}  # fmt: skip
_MASK_VALUES = {
    "cpumask_set_cpu": "with", "cpumask_clear_cpu": "without", "cpumask_and": "and", "cpumask_or": "or",
    "cpumask_andnot": "andnot",
}  # fmt: skip
_MOST_BRANCHES = 100
"""Branches of local code between two steps: far more than anybody can follow."""

_MOST_TERMS = 200
"""Terms of one value that local code between two steps computes."""

_ADVICE = "put a step in the middle, such as cpu_relax();"


class LoweringError(Exception):
    """The compiler's own mistake: a tree that the passes before should not have made."""


@dataclass(frozen=True, eq=False)
class Rest:
    """What is still to do: some nodes, then what closing this level means, then the rest of the level above.

    `close` is `seq` (nothing), `scope` (locals end), `loop` and `each` (another round), `call` (a routine
    ends) or `done`. `whole` holds all nodes of a scope, done ones too.
    """

    nodes: tuple[Node, ...]
    close: str
    variables: tuple[LocalVar, ...] = ()
    loop: Loop | ForEach | None = None
    above: Rest | None = None
    whole: tuple[Node, ...] = ()

    def after(self) -> Rest:
        """The rest without its first node."""
        return replace(self, nodes=self.nodes[1:])


def lower(process: Process, contexts: Mapping[str, Context], end: str) -> Machine:
    """Flatten a process. `end` is where control is when its root has finished."""
    return _Lowering(contexts, end).machine(process)


class _Lowering:
    def __init__(self, contexts: Mapping[str, Context], end: str) -> None:
        self.contexts = contexts
        self.end = end
        self.steps: dict[str, Step] = {}
        self.pending: list[tuple[Node, StepPoint, Rest]] = []
        self.seen: set[str] = set()
        self.branches = 0
        self.assumed: dict[x.Expr, bool] = {}

    def machine(self, process: Process) -> Machine:
        self.place = process.root.span
        start = Rest(process.root.body, "done")
        entry = self.local_code(start, {})
        while self.pending:
            node, point, rest = self.pending.pop(0)
            self.steps[point.name] = self.step(node, point, rest)
        variables = {v.name: v for instance in process.instances for v in instance.locals.values()}
        in_use = {name for step in self.steps.values() for name in step.live}
        kept = tuple(variable for name, variable in variables.items() if name in in_use)
        names = {variable.name for variable in kept}
        steps = {
            name: replace(step, local_updates=only(names, step.local_updates))
            for name, step in self.steps.items()
        }
        return Machine(process, control(entry), only(names, merged(entry)), steps, kept)

    # --- one step

    def step(self, node: Node, point: StepPoint, rest: Rest) -> Step:
        """The access of a step node, and the local code that follows it."""
        self.place, self.branches = point.span, 0
        env: Env = {}
        static_updates: dict[str, x.Expr] = {}
        guard: Guard | None = None
        action: Action | None = None
        lock_update: tuple[str, str] | None = None
        value: x.Expr | None = None
        following: Tail | None = None
        allocates, counts = False, ""
        after = rest.after()
        match node:
            case SetLocal(target, value):
                env[target.name] = value
            case MaskOp(_, x.Local() as target):
                value = mask_value(node)
                env[target.name] = value
            case MaskOp(_, x.StaticMask(name)):
                static_updates[name] = mask_value(node)
            case Effect():
                guard, action, lock_update = effect_parts(node)
                counts = node.name if node.op == "count_event" else ""
            case Branch(condition, then, other, _, _, trylock):
                value = condition
                if trylock:
                    lock_update = (trylock, "take_if_free")
                if node.interruptible:
                    guard = Guard("lock_free_or_signal", lock=trylock)
                if node.allocates is not None:
                    allocates = True
                    env[node.allocates.name] = x.Outcome("contents")
                following = self.fork(condition, then, other, after, env)
            case Loop() | ForEach():
                following = self.body(node, after, env)
        if following is None:
            following = self.local_code(after, env)
        found = x.accesses(value) if value is not None else []
        access = found[0] if found else None
        return Step(
            name=point.name,
            span=point.span,
            context=self.contexts[point.name],
            guard=guard,
            action=action,
            access=access,
            local_updates=merged(following),
            static_updates=static_updates,
            lock_update=lock_update,
            next=control(following),
            live=_live(rest),
            allocates=allocates,
            counts=counts,
        )

    # --- local code

    def local_code(self, rest: Rest, env: Env) -> Tail:
        """Run until the next step, from a place with these locals known."""
        while True:
            if not rest.nodes:
                closed = self.close(rest, env)
                if isinstance(closed, Leaf | Fork):
                    return closed
                rest = closed
                continue
            node = rest.nodes[0]
            if getattr(node, "step", None) is not None and not isinstance(node, ForEach):
                return self.arrive(node, node.step, rest, env)  # type: ignore[union-attr, arg-type]
            following = self.local_node(node, rest, env)
            if isinstance(following, Leaf | Fork):
                return following
            rest = following

    def arrive(self, node: Node, point: StepPoint, rest: Rest, env: Env) -> Leaf:
        """Stop before a step; it is lowered once, whoever leads to it."""
        if point.name not in self.seen:
            self.seen.add(point.name)
            self.pending.append((node, point, rest))
        return Leaf(point.name, dict(env))

    def local_node(self, node: Node, rest: Rest, env: Env) -> Rest | Tail:
        match node:
            case SetLocal(target, value):
                env[target.name] = self.known(value, env)
            case MaskOp(_, x.Local() as target):
                env[target.name] = self.known(mask_value(node), env)
            case Branch(condition, then, other, _, span):
                self.place = span
                return self.fork(condition, then, other, rest.after(), env)
            case Scope(variables, body):
                return Rest(body, "scope", variables, above=rest.after(), whole=body)
            case Inline(instance, _, arguments):
                for name, value in arguments:
                    env[name] = self.known(value, env)
                return Rest(instance.body, "call", instance.values, above=rest.after())
            case Loop(body):
                return Rest(body, "loop", loop=node, above=rest.after())
            case ForEach(variable):
                env[variable.name] = x.Const(-1)
                return self.advance(node, rest.after(), env)
            case Jump(kind):
                return self.jump(kind, rest, env)
            case _:
                raise LoweringError(f"{node} cannot be local")
        return rest.after()

    def fork(
        self, condition: x.Expr, then: tuple[Node, ...], other: tuple[Node, ...], after: Rest, env: Env
    ) -> Tail:
        """Both ways of a branch, or the one that a constant condition leaves."""
        test = self.known(condition, env)
        yes, no = Rest(then, "seq", above=after), Rest(other, "seq", above=after)
        if isinstance(test, x.Const):
            return self.local_code(yes if test.value else no, env)
        return self.either(
            test,
            lambda: self.local_code(yes, _given(test, True, env)),
            lambda: self.local_code(no, _given(test, False, env)),
        )

    def either(self, test: x.Expr, yes: Callable[[], Tail], no: Callable[[], Tail]) -> Tail:
        """A choice; only one way of it where an earlier choice on this way has asked the same."""
        if isinstance(test, x.Apply) and test.op == "!":
            return self.either(test.args[0], no, yes)
        if test in self.assumed:
            return yes() if self.assumed[test] else no()
        self.count_branch()
        self.assumed[test] = True
        then = yes()
        self.assumed[test] = False
        other = no()
        del self.assumed[test]
        return Fork(test, then, other)

    def known(self, expr: x.Expr, env: Env) -> x.Expr:
        """An expression in terms of what the locals were at the step."""
        sizes = {name: x.size(env[name]) for name in x.locals_of(expr) if name in env}
        size = sum(sizes.get(part.name, 1) if isinstance(part, x.Local) else 1 for part in x.walk(expr))
        if size > _MOST_TERMS:
            what = f"a value of more than {_MOST_TERMS} terms, computed without a step"
            raise errors.DrainErrors([errors.not_yet_supported(self.place, what, _ADVICE)])
        return x.substitute(expr, env)

    def count_branch(self) -> None:
        self.branches += 1
        if self.branches > _MOST_BRANCHES:
            what = f"more than {_MOST_BRANCHES} branches without a step"
            raise errors.DrainErrors([errors.not_yet_supported(self.place, what, _ADVICE)])

    def advance(self, loop: ForEach, after: Rest, env: Env) -> Tail:
        """The next round of a loop over zones or a local mask, or what comes behind it."""
        before = env.get(loop.variable.name, loop.variable)
        if loop.mask is None:
            limit, following = x.NR_ZONES, x.fold(x.Apply("+", (before, x.Const(1))))
        else:
            limit = x.NR_CPUS
            following = x.Apply("next", (before, x.substitute(loop.mask, env)))
        more = x.fold(x.Apply("<", (following, limit)))
        inside = {**env, loop.variable.name: following}
        outside = {**env, loop.variable.name: x.Const(-1)}
        if more == x.TRUE:
            return self.round(loop, after, inside)
        return self.either(
            more, lambda: self.round(loop, after, inside), lambda: self.local_code(after, outside)
        )

    def round(self, loop: ForEach, after: Rest, env: Env) -> Tail:
        if loop.step is not None:
            return self.arrive(loop, loop.step, Rest((loop,), "each", loop=loop, above=after), env)
        return self.local_code(Rest(loop.body, "each", loop=loop, above=after), env)

    def body(self, loop: Loop | ForEach, after: Rest, env: Env) -> Tail:
        """The body of a loop, after the loop's own step."""
        if isinstance(loop, ForEach):  # `after` is already inside the round: see `round`
            assert after.above is not None
            return self.local_code(Rest(loop.body, "each", loop=loop, above=after.above), env)
        return self.local_code(Rest(loop.body, "loop", loop=loop, above=after), env)

    def close(self, rest: Rest, env: Env) -> Rest | Tail:
        """The end of a level is reached from inside."""
        _reset(rest, env)
        above = rest.above
        if above is None:
            return Leaf(self.end, dict(env))
        if rest.close == "loop":
            assert rest.loop is not None
            return replace(above, nodes=(rest.loop, *above.nodes))
        if rest.close == "each":
            assert isinstance(rest.loop, ForEach)
            return self.advance(rest.loop, above, env)
        return above

    def jump(self, kind: str, rest: Rest, env: Env) -> Rest | Tail:
        """Leave levels until the one that the jump speaks of."""
        stop = {"return": ("call", "done")}.get(kind, ("loop", "each"))
        while rest.close not in stop:
            _reset(rest, env)
            assert rest.above is not None, "a jump outside of what it jumps out of"
            rest = rest.above
        if kind in ("continue", "return"):
            return replace(rest, nodes=())
        assert rest.above is not None
        if isinstance(rest.loop, ForEach):
            env[rest.loop.variable.name] = x.Const(-1)
        return rest.above


def _given(test: x.Expr, outcome: bool, env: Env) -> Env:
    """What is known of the locals where a test had this outcome: `a && b && c` asks again and again."""
    opposite = x.negate(test)
    known = {name: x.Const(outcome) for name, value in env.items() if value == test}
    known |= {name: x.Const(not outcome) for name, value in env.items() if value == opposite}
    return {**env, **known}


def _reset(rest: Rest, env: Env) -> None:
    for variable in rest.variables:
        env[variable.name] = x.Const(variable.kind.default)


def _live(rest: Rest) -> tuple[str, ...]:
    """The locals whose blocks enclose a place and that have got their first value, innermost first."""
    names: dict[str, None] = {}
    level: Rest | None = rest
    while level is not None:
        ahead = level.nodes if level.close == "scope" else ()
        done = level.whole[: len(level.whole) - len(ahead)]
        begun, to_begin = _assigned(done), _assigned(ahead)
        names |= dict.fromkeys(v.name for v in level.variables if v.name in begun or v.name not in to_begin)
        level = level.above
    return tuple(names)


def _assigned(nodes: tuple[Node, ...]) -> set[str]:
    """The locals that get a value in these nodes themselves; a loop gives its variable one from inside."""
    return {node.target.name for node in nodes if isinstance(node, SetLocal | MaskOp)}


def mask_value(node: MaskOp) -> x.Expr:
    """The new value of the mask that is written."""
    if node.op in ("declare", "cpumask_clear", "free_cpumask_var"):
        return x.Const(frozenset())
    if node.op == "cpumask_setall":
        return x.Apply("all_cpus")
    if node.op == "cpumask_copy":
        return node.args[0]
    operator = _MASK_VALUES[node.op]
    return x.Apply(operator, (node.target, *node.args) if operator in ("with", "without") else node.args)


def effect_parts(node: Effect) -> tuple[Guard | None, Action | None, tuple[str, str] | None]:
    """Guard, machine action and lock update of an effect."""
    match node.op:
        case "spin_lock" | "mutex_lock":
            return Guard("lock_free", lock=node.name), None, (node.name, "take")
        case "spin_unlock" | "mutex_unlock":
            return None, None, (node.name, "release")
        case "wait_call":
            return Guard("answered", node.args), None, None
        case "send_call":
            return Guard("csd_free", node.args), Action("send_call", node.args), None
    if node.op in _MACHINE_ACTIONS:
        return None, Action(node.op, node.args), None
    return None, None, None
