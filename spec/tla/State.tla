------------------------------- MODULE State -------------------------------
(***************************************************************************)
(* The machine on which drain_all_pages() runs: what there is.             *)
(*                                                                         *)
(* Linux keeps, on each CPU and for each memory zone, a short list of free *)
(* pages: the per-cpu pages, "pcp".  Whoever frees or allocates a page on  *)
(* that CPU uses its own list and takes no lock.  The price: pages on such *)
(* a list are free, yet no other CPU can use them.  When memory runs       *)
(* short, drain_all_pages() asks the CPUs to hand their lists back to the  *)
(* zone's buddy allocator.  Up to Linux 4.10 only the owner may touch its  *)
(* list, so the drainer must interrupt it (an inter-processor interrupt,   *)
(* IPI) and wait until it has answered.  The question of the whole         *)
(* specification is whether all of them have really been asked when the    *)
(* call returns.                                                           *)
(*                                                                         *)
(* Reading order: this module, Machine, Allocator, Hotplug, Properties.  A *)
(* generated module then EXTENDS Properties and adds the one thing missing *)
(* here, the program: which step of which task comes when.                 *)
(*                                                                         *)
(* TLA+ in four lines.  x is the value of a variable before a step, x'     *)
(* after it.  An action is a formula about both: a guard (no primes) and   *)
(* what is new.  f[c] is the value of f at c; [f EXCEPT ![c] = e] is f but *)
(* for c; @ in e is the old f[c].  UNCHANGED x is x' = x.                  *)
(*                                                                         *)
(* One step is one access to something shared.  Memory is sequentially     *)
(* consistent.                                                             *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
  \* The CPUs, 0..n-1.
  \* @type: Set(Int);
  Cpus,
  \* The populated memory zones, 0..n-1.
  \* @type: Set(Int);
  Zones,
  \* The tasks that call drain_all_pages(), 0..n-1: direct reclaimers.
  \* @type: Set(Int);
  Tasks,
  \* The CPU a task runs on.  It does not migrate.
  \* @type: Int -> Int;
  Home,
  \* The number of pages in each zone.
  \* @type: Int;
  Pages,
  \* pcp->high: a list as long as this gives a batch back to the buddy.
  \* @type: Int;
  High,
  \* pcp->batch: pages moved at once between a list and the buddy.
  \* @type: Int;
  Batch,
  \* The CPUs that may go offline and come back: no task's home.
  \* @type: Set(Int);
  Leavers,
  \* Whether a signal may reach a task in its call.
  \* @type: Bool;
  Signals,
  \* Whether an allocation may fail that a program makes.  (No action here asks it.)
  \* @type: Bool;
  AllocFails,
  \* Whether a free links its page and counts it in two steps.
  \* @type: Bool;
  CountWindow,
  \* How many calls each task makes; 0 for calls without end.
  \* @type: Int;
  Calls

VARIABLES
  \* cpu_online_mask.
  \* @type: Set(Int);
  online,
  \* Whether the CPU's local interrupts are on, for its tasks.  A running
  \* IPI handler has them off in any case; that is not shown here.
  \* @type: Int -> Bool;
  irqs_on,
  \* How many preempt_disable() of the task are open.
  \* @type: Int -> Int;
  preempt_count,
  \* pcp[cpu][zone]: the number of pages on that list.
  \* @type: Int -> (Int -> Int);
  pcp,
  \* The zone's free pages in the buddy allocator.  (NR_FREE counts these
  \* only: that is why pages on pcp lists look lost to the reclaimer.)
  \* @type: Int -> Int;
  buddy,
  \* The zone's pages that are allocated.
  \* @type: Int -> Int;
  in_use,
  \* The tasks whose call waits to be taken by that CPU.  A set, for any
  \* order: 3.0-3.8 walked one global list from its head, 3.14+ a FIFO.
  \* @type: Int -> Set(Int);
  call_queue,
  \* The task whose call the CPU's IPI handler runs now, or NoTask.
  \* @type: Int -> Int;
  serving,
  \* The CPUs the task has called and that have not answered yet.
  \* @type: Int -> Set(Int);
  awaiting,
  \* signal_pending() of the task.
  \* @type: Int -> Bool;
  signalled,
  \* The calls that the task may still begin; 0 throughout where nothing limits them.
  \* @type: Int -> Int;
  calls_left,
  \* The zone of the page that a free on that CPU has linked and not counted yet, or
  \* NoZone.  The list has that page, though pcp does not tell.
  \* @type: Int -> Int;
  linking,
  \* The zone that the CPU_DEAD notifier drains next for that CPU, or NoZone when no
  \* notifier is under way for it.
  \* @type: Int -> Int;
  dead_zone,
  \* Ghost (no step reads one): the lists, as <<cpu, zone>>, that had pages at the
  \* task's last call, have not been empty since, and whose CPU has not gone offline since.
  \* @type: Int -> Set(<<Int, Int>>);
  owes,
  \* Ghost: the lists that were owed when their CPU went offline after the task's last
  \* call, and have not been empty since.
  \* @type: Int -> Set(<<Int, Int>>);
  notified,
  \* Ghost: the CPUs online since the task's last call that have had a page on some list
  \* at every moment since.
  \* @type: Int -> Set(Int);
  never_empty,
  \* Ghost: the CPUs that had a page on some list at some moment of the
  \* task's call so far.
  \* @type: Int -> Set(Int);
  had_pages,
  \* Ghost: the CPUs that the task has called in its call so far.
  \* @type: Int -> Set(Int);
  called,
  \* The step the task does next; "idle" between two calls.
  \* @type: Int -> Str;
  at,
  \* The step the CPU's IPI handler does next; "idle" if none runs.
  \* @type: Int -> Str;
  irq_at

machine_vars == <<online, irqs_on, preempt_count, pcp, buddy, in_use,
                  call_queue, serving, awaiting, signalled, calls_left, linking,
                  dead_zone, owes, notified, never_empty, had_pages, called>>
\* @type: <<Int -> Str, Int -> Str>>;
control_vars == <<at, irq_at>>

\* "No task" where a task is expected, "no zone" where a zone is.
NoTask == -1
NoZone == -1

\* A scope that makes no sense stops TLC at once; Apalache takes these for granted, and
\* evaluates them for that.  Each set is 0..n-1: a range is not written, as Apalache knows
\* none with bounds that are no literals.
ASSUME Cardinality(Cpus) > 0 /\ \A c \in Cpus : c >= 0 /\ c < Cardinality(Cpus)
ASSUME Cardinality(Zones) > 0 /\ \A z \in Zones : z >= 0 /\ z < Cardinality(Zones)
ASSUME \A d \in Tasks : d >= 0 /\ d < Cardinality(Tasks)
ASSUME \A d \in Tasks : Home[d] \in Cpus
ASSUME Pages >= 0 /\ High >= 1 /\ Batch >= 1 /\ Calls >= 0
ASSUME Leavers \subseteq Cpus /\ \A d \in Tasks : Home[d] \notin Leavers
ASSUME {Signals, AllocFails, CountWindow} \subseteq BOOLEAN

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            Values                                       *)
(***************************************************************************)

\* @type: (Int, Int) => Int;
Min(a, b) == IF a < b THEN a ELSE b

\* cpumask_next(): the least CPU above c in S; the number of CPUs if there is
\* none.  c may be -1, to begin.  Written without CHOOSE, by counting: since
\* CPUs are 0..n-1, the answer r is the number of CPUs below r, and these are
\* the ones up to c and those that no member of S above c has reached.
\* @type: (Int, Set(Int)) => Int;
NextCpu(c, S) ==
  Cardinality({b \in Cpus : b <= c \/ \A s \in S : s <= c \/ b < s})

\* Whether CPU c's list of zone z has a page, if the counts are `lists' and pages of the
\* zones `links' are linked and not counted yet.  A list with a linked page is not empty,
\* whatever its count says.
\* @type: (Int -> (Int -> Int), Int -> Int, Int, Int) => Bool;
HasPages(lists, links, c, z) == lists[c][z] > 0 \/ links[c] = z

\* The non-empty lists.  (Not {<<c, z>> \in Cpus \X Zones : ...}: of a subset of a product
\* TLC makes a value only when it has to compare it.  A VIEW does not compare ghosts, and TLC
\* then fails when it writes its queue to disk.)
\* @type: (Int -> (Int -> Int), Int -> Int) => Set(<<Int, Int>>);
NonEmptyLists(lists, links) ==
  {<<c, z>> \in {<<b, y>> : b \in Cpus, y \in Zones} : HasPages(lists, links, c, z)}

\* The CPUs with at least one non-empty list.
\* @type: (Int -> (Int -> Int), Int -> Int) => Set(Int);
CpusWithPages(lists, links) == {c \in Cpus : \E z \in Zones : HasPages(lists, links, c, z)}

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            Beginning                                    *)
(***************************************************************************)

\* All pages are in use and all lists empty: the workload fills them.
MachineInit ==
  /\ online = Cpus
  /\ irqs_on = [c \in Cpus |-> TRUE]
  /\ preempt_count = [d \in Tasks |-> 0]
  /\ pcp = [c \in Cpus |-> [z \in Zones |-> 0]]
  /\ buddy = [z \in Zones |-> 0]
  /\ in_use = [z \in Zones |-> Pages]
  /\ call_queue = [c \in Cpus |-> {}]
  /\ serving = [c \in Cpus |-> NoTask]
  /\ awaiting = [d \in Tasks |-> {}]
  /\ signalled = [d \in Tasks |-> FALSE]
  /\ calls_left = [d \in Tasks |-> Calls]
  /\ linking = [c \in Cpus |-> NoZone]
  /\ dead_zone = [c \in Cpus |-> NoZone]
  /\ owes = [d \in Tasks |-> {}]
  /\ notified = [d \in Tasks |-> {}]
  /\ never_empty = [d \in Tasks |-> {}]
  /\ had_pages = [d \in Tasks |-> {}]
  /\ called = [d \in Tasks |-> {}]
  /\ at = [d \in Tasks |-> "idle"]
  /\ irq_at = [c \in Cpus |-> "idle"]

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            Ghosts                                       *)
(*                                                                         *)
(* What the ghosts about lists become when a step leaves the counts as     *)
(* `lists' and the linked pages as `links'.  Whatever changes a list must  *)
(* use this, also where it only removes pages or only adds some: one rule  *)
(* for all is easier to trust.                                             *)
(*                                                                         *)
(* A debt is settled by the first moment at which the list is empty; a     *)
(* page freed later is none of the earlier call's business.  That goes on  *)
(* after the return: a record that is not settled then only gets shorter,  *)
(* until the next call begins a new one.                                   *)
(***************************************************************************)
\* @type: (Int -> (Int -> Int), Int -> Int) => Bool;
GhostsSee(lists, links) ==
  /\ owes' = [d \in Tasks |-> {<<c, z>> \in owes[d] : HasPages(lists, links, c, z)}]
  /\ notified' = [d \in Tasks |-> {<<c, z>> \in notified[d] : HasPages(lists, links, c, z)}]
  /\ never_empty' = [d \in Tasks |-> never_empty[d] \cap CpusWithPages(lists, links)]
  /\ had_pages' = [d \in Tasks |-> IF at[d] = "idle" THEN had_pages[d]
                                   ELSE had_pages[d] \cup CpusWithPages(lists, links)]
=============================================================================
