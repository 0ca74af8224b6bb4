"""Layout of TLA+: what repeats gets a name, what is long is broken, and nothing changes its meaning."""

from pcpdrain.codegen.backends.tla.expressions import TASK, Printer
from pcpdrain.codegen.backends.tla.layout import WIDTH, broken, share
from pcpdrain.codegen.ir import expr as x

PRINTER = Printer(TASK)
NEXT = x.Apply("next", (x.Local("drain_all_pages.cpu", "cpu"), x.Access("online", x.OnlineMask())))
MORE = x.Apply("<", (NEXT, x.NR_CPUS))


def test_a_part_that_repeats_gets_a_name_and_larger_parts_use_it() -> None:
    more = PRINTER.show(MORE)
    texts = [f"a' = IF {more} THEN {PRINTER.show(NEXT)} ELSE -1", f"b' = IF {more} THEN 1 ELSE 2"]
    definitions, shared = share(texts, [*x.walk(MORE)], PRINTER)
    assert definitions == [
        ("Following", "NextCpu(drain_all_pages__cpu[d], online)"),
        ("More", "Following < Cardinality(Cpus)"),
    ]
    assert shared == ["a' = IF More THEN Following ELSE -1", "b' = IF More THEN 1 ELSE 2"]


def test_what_occurs_once_stays() -> None:
    text = f"a' = {PRINTER.show(NEXT)}"
    assert share([text], [*x.walk(NEXT)], PRINTER) == ([], [text])


def test_a_text_within_a_longer_name_is_no_occurrence() -> None:
    part = x.Apply("+", (x.Local("some_routine.zone", "zone"), x.Const(1)))
    text = PRINTER.show(part)
    texts = [f"a' = {text}0", f"b' = other__{text}", f"c' = {text}"]
    assert share(texts, [part], PRINTER) == ([], texts)


def test_a_long_choice_breaks_before_each_else() -> None:
    choice = "at' = [at EXCEPT ![d] = IF a THEN " + "b" * 50 + " ELSE IF c THEN " + "d" * 50 + " ELSE e]"
    lines = broken(choice)
    assert [line.strip().split()[0] for line in lines] == ["at'", "IF", "ELSE", "ELSE"]
    assert " ".join(" ".join(lines).split()) == choice


def test_a_long_tuple_breaks_where_it_is_full() -> None:
    names = ", ".join(f"variable_{n}" for n in range(30))
    lines = broken(f"UNCHANGED <<{names}>>")
    assert len(lines) > 1
    assert all(len(line) <= WIDTH for line in lines)
    assert " ".join(" ".join(lines).split()) == f"UNCHANGED <<{names}>>"


def test_a_short_conjunct_stays_one_line() -> None:
    assert broken("UNCHANGED machine_vars") == ["UNCHANGED machine_vars"]
