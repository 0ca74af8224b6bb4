"""Random variants that nearly always compile: statements of the whole language, nested and balanced."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

DECLARATIONS = """
    static cpumask first;
    static cpumask second;
    static spinlock spin;
    static spinlock other_spin;
    static mutex sleeping;
    counter drains;

    handler drain_and_report() {
        drain_local_pages();
        add(first, cpumask_empty(second), smp_processor_id());
    }

    condition busy(cpu target) {
        for_each_populated_zone(zone)
            if (pcp_count(target, zone) > 0)
                return true;
        return cpumask_test_cpu(target, first);
    }

    routine add(cpumask mask, bool all, int least) {
        for_each_populated_zone(zone)
            if (all || pcp_count(smp_processor_id(), zone) >= least)
                cpumask_set_cpu(smp_processor_id(), mask);
    }
"""


@dataclass(frozen=True)
class Place:
    """What is in scope, what is held, and how much may still be nested."""

    depth: int = 3
    cpus: tuple[str, ...] = ("smp_processor_id()",)
    zones: tuple[str, ...] = ()
    in_loop: bool = False
    may_leave: bool = True
    irqs_off: bool = False
    preempt_off: bool = False
    held: tuple[str, ...] = ()

    @property
    def atomic(self) -> bool:
        return self.irqs_off or self.preempt_off

    def inner(self) -> Place:
        return replace(self, depth=self.depth - 1)

    def inside(self, *, lock: str = "", irqs_off: bool = False, preempt_off: bool = False) -> Place:
        """Between a switch and its undoing, which nothing may jump over."""
        return replace(
            self.inner(),
            in_loop=False,
            may_leave=False,
            held=(*self.held, lock),
            irqs_off=self.irqs_off or irqs_off,
            preempt_off=self.preempt_off or preempt_off,
        )


@st.composite
def numbers(draw: st.DrawFn, place: Place, depth: int = 2) -> str:
    kinds = ["number", "local", "online", "weight", "cpu"]
    kinds += ["count"] if place.zones else []
    kinds += ["sum", "sum", "negative"] if depth else []
    match draw(st.sampled_from(kinds)):
        case "number":
            return str(draw(st.integers(0, 3)))
        case "local":
            return "n"
        case "online":
            return "num_online_cpus()"
        case "weight":
            return f"cpumask_weight({draw(masks())})"
        case "cpu":
            return draw(st.sampled_from(place.cpus))
        case "count":
            return f"pcp_count({draw(st.sampled_from(place.cpus))}, {draw(st.sampled_from(place.zones))})"
        case "negative":
            return f"-({draw(numbers(place, depth - 1))})"
    sign = draw(st.sampled_from(["+", "-", "*"]))
    return f"({draw(numbers(place, depth - 1))} {sign} {draw(numbers(place, depth - 1))})"


def masks() -> st.SearchStrategy[str]:
    return st.sampled_from(["first", "second", "mine", "cpu_online_mask"])


def targets() -> st.SearchStrategy[str]:
    return st.sampled_from(["first", "second", "mine"])


@st.composite
def conditions(draw: st.DrawFn, place: Place, depth: int = 2) -> str:
    kinds = ["truth", "local", "compare", "compare", "empty", "test"] + (
        ["not", "both", "both"] * (depth > 0)
    )
    match draw(st.sampled_from(kinds)):
        case "truth":
            return draw(st.sampled_from(["true", "false"]))
        case "local":
            return "b"
        case "compare":
            sign = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
            return f"{draw(numbers(place, 1))} {sign} {draw(numbers(place, 1))}"
        case "empty":
            return f"cpumask_empty({draw(masks())})"
        case "test":
            return f"cpumask_test_cpu({draw(st.sampled_from(place.cpus))}, {draw(masks())})"
        case "not":
            return f"!({draw(conditions(place, depth - 1))})"
    sign = draw(st.sampled_from(["&&", "||"]))
    return f"(({draw(conditions(place, depth - 1))}) {sign} ({draw(conditions(place, depth - 1))}))"


@st.composite
def blocks(draw: st.DrawFn, place: Place) -> str:
    return "{ " + " ".join(draw(st.lists(statements(place), min_size=1, max_size=3))) + " }"


def _kinds(place: Place) -> list[str]:
    kinds = ["number", "bool", "bit", "mask", "binary", "relax", "count", "add"]
    kinds += ["break", "continue"] if place.in_loop else []
    kinds += ["return"] if place.may_leave else []
    kinds += ["resched", "on_each_cpu", "on_each_cpu_mask", "on_each_cpu_cond"] if not place.atomic else []
    kinds += ["single"] if not place.irqs_off else []
    kinds += ["drain"] if place.irqs_off else []
    kinds += ["send", "many"] if place.preempt_off and not place.irqs_off else []
    if place.depth:
        kinds += ["if", "if", "else", "while", "cpus", "mask_cpus", "zones", "preempt", "ask", "allocate"]
        kinds += ["irqs"] if not place.irqs_off else []
        kinds += ["spin", "trylock", "until"] if "spin" not in place.held else []
        kinds += ["irqsave"] if not {"spin", "other_spin"} & {*place.held} and not place.irqs_off else []
        kinds += ["mutex", "interruptible"] if "sleeping" not in place.held and not place.atomic else []
    return kinds


@st.composite
def statements(draw: st.DrawFn, place: Place) -> str:
    body = blocks(place.inner())
    cpu = st.sampled_from(place.cpus)
    match kind := draw(st.sampled_from(_kinds(place))):
        case "number":
            return f"n = {draw(numbers(place))} % 3;"
        case "bool":
            return f"b = {draw(conditions(place))};"
        case "bit":
            name = draw(st.sampled_from(["cpumask_set_cpu", "cpumask_clear_cpu"]))
            return f"{draw(st.sampled_from(['', '__']))}{name}({draw(cpu)}, {draw(targets())});"
        case "mask":
            name = draw(st.sampled_from(["cpumask_clear", "cpumask_setall"]))
            return f"{name}({draw(targets())});"
        case "binary":
            name = draw(st.sampled_from(["cpumask_and", "cpumask_or", "cpumask_andnot"]))
            return f"{name}({draw(targets())}, {draw(masks())}, {draw(masks())});"
        case "relax":
            return "cpu_relax();"
        case "count":
            return "count_event(drains);"
        case "add":
            return f"add({draw(targets())}, {draw(conditions(place, 1))}, {draw(numbers(place, 1))});"
        case "break" | "continue" | "return":
            return f"{kind};"
        case "resched":
            return "cond_resched();"
        case "on_each_cpu":
            return "on_each_cpu(drain_and_report, true);"
        case "on_each_cpu_mask":
            wait = draw(st.sampled_from(["true", "false"]))
            return f"on_each_cpu_mask({draw(masks())}, drain_and_report, {wait});"
        case "on_each_cpu_cond":
            return "on_each_cpu_cond(busy, drain_and_report, true);"
        case "single":
            return f"smp_call_function_single({draw(cpu)}, drain_and_report, true);"
        case "drain":
            return "drain_and_report();"
        case "send":
            return f"send_call({(target := draw(cpu))}, drain_and_report); wait_call({target});"
        case "many":
            return f"smp_call_function_many({draw(masks())}, drain_and_report, true);"
        case "if":
            return f"if ({draw(conditions(place))}) {draw(body)}"
        case "else":
            return f"if ({draw(conditions(place))}) {draw(body)} else {draw(body)}"
        case "ask":
            return f"if ({draw(st.sampled_from(['', '!']))}busy({draw(cpu)})) {draw(body)} else {draw(body)}"
        case "allocate":
            own = f"own{'abcd'[place.depth]}"
            inner = draw(blocks(place.inside()))
            use = f"cpumask_or({draw(targets())}, {own}, {draw(masks())});"
            used = f"{{ {inner} {use} free_cpumask_var({own}); }}"
            return f"{{ cpumask {own}; if (alloc_cpumask_var({own})) {used} else {draw(body)} }}"
        case "while":
            return f"while ({draw(conditions(place))}) {draw(blocks(replace(place.inner(), in_loop=True)))}"
        case "cpus" | "mask_cpus":
            name = f"cpu{'abcd'[len(place.cpus)]}"
            inside = replace(place.inner(), in_loop=True, cpus=(*place.cpus, name))
            if kind == "cpus":
                return f"for_each_online_cpu({name}) {draw(blocks(inside))}"
            return f"for_each_cpu({name}, {draw(masks())}) {draw(blocks(inside))}"
        case "zones":
            name = f"zone{'abcd'[len(place.zones)]}"
            inside = replace(place.inner(), in_loop=True, zones=(*place.zones, name))
            return f"for_each_populated_zone({name}) {draw(blocks(inside))}"
        case "preempt":
            return f"preempt_disable(); {draw(blocks(place.inside(preempt_off=True)))} preempt_enable();"
        case "irqs":
            return f"local_irq_disable(); {draw(blocks(place.inside(irqs_off=True)))} local_irq_enable();"
        case "spin":
            inner = draw(blocks(place.inside(lock="spin", preempt_off=True)))
            return f"spin_lock(spin); {inner} spin_unlock(spin);"
        case "trylock":
            inner = draw(blocks(place.inside(lock="spin", preempt_off=True)))
            return f"if (spin_trylock(spin)) {{ {inner} spin_unlock(spin); }} else {draw(body)}"
        case "until":
            inner = draw(blocks(place.inside(lock="spin", preempt_off=True)))
            waiting = draw(blocks(replace(place.inner(), in_loop=False)))
            return f"while (!spin_trylock(spin)) {waiting} {inner} spin_unlock(spin);"
        case "irqsave":
            inner = draw(blocks(place.inside(lock="other_spin", preempt_off=True, irqs_off=True)))
            return f"spin_lock_irqsave(other_spin); {inner} spin_unlock_irqrestore(other_spin);"
        case "mutex":
            inner = draw(blocks(place.inside(lock="sleeping")))
            return f"mutex_lock(sleeping); {inner} mutex_unlock(sleeping);"
        case "interruptible":
            inner = draw(blocks(place.inside(lock="sleeping")))
            got = f"{{ {inner} mutex_unlock(sleeping); }}"
            if draw(st.booleans()):
                return f"if (mutex_lock_interruptible(sleeping) == 0) {got} else {draw(body)}"
            return f"if (mutex_lock_interruptible(sleeping)) {draw(body)} else {got}"
    raise AssertionError(kind)


@st.composite
def variants(draw: st.DrawFn, depth: int = 3, most: int = 5) -> str:
    """The text of a variant."""
    body = draw(st.lists(statements(Place(depth=depth)), min_size=1, max_size=most))
    start = "cpumask mine; bool b; int n;"
    declarations = DECLARATIONS
    if draw(st.integers(0, 4)) == 0:
        declarations = declarations.replace("cpumask second", "cpumask_var second uninitialised")
    return (
        f'variant x "random" {{{declarations}\n    drain_all_pages() {{\n{start}\n'
        + "\n".join(body)
        + "\n} }\n"
    )
