------------------------------ MODULE Machine ------------------------------
(***************************************************************************)
(* The machine on which drain_all_pages() runs: CPUs, interrupts,          *)
(* preemption, tasks, and calls from one CPU to another.                   *)
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
(* Reading order: this module, Allocator, Properties.  A generated module  *)
(* then EXTENDS Properties and adds the one thing missing here, the        *)
(* program: which step of which task comes when.                           *)
(*                                                                         *)
(* TLA+ in four lines.  x is the value of a variable before a step, x'     *)
(* after it.  An action is a formula about both: a guard (no primes) and   *)
(* what is new.  f[c] is the value of f at c; [f EXCEPT ![c] = e] is f but *)
(* for c; @ in e is the old f[c].  UNCHANGED x is x' = x.                  *)
(*                                                                         *)
(* One step is one access to something shared.  Memory is sequentially     *)
(* consistent.  Every action below says what becomes of every variable of  *)
(* machine_vars, in the order of their declaration, and nothing of at and  *)
(* irq_at: where a program goes next is the program's business.            *)
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
  Batch

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
  \* Ghost (no program reads it): the lists, as <<cpu, zone>>, that had
  \* pages at the task's last call and have not been empty since.
  \* @type: Int -> Set(<<Int, Int>>);
  owes,
  \* Ghost: the CPUs that had a page on some list at some moment of the
  \* task's call so far.
  \* @type: Int -> Set(Int);
  had_pages,
  \* The step the task does next; "idle" between two calls.
  \* @type: Int -> Str;
  at,
  \* The step the CPU's IPI handler does next; "idle" if none runs.
  \* @type: Int -> Str;
  irq_at

machine_vars == <<online, irqs_on, preempt_count, pcp, buddy, in_use,
                  call_queue, serving, awaiting, owes, had_pages>>
control_vars == <<at, irq_at>>

\* "No task" where a task is expected.
NoTask == -1

\* A scope that makes no sense stops TLC at once.  (Apalache does not look at these.)
ASSUME Cardinality(Cpus) > 0 /\ Cpus = 0..(Cardinality(Cpus) - 1)
ASSUME Cardinality(Zones) > 0 /\ Zones = 0..(Cardinality(Zones) - 1)
ASSUME Tasks = 0..(Cardinality(Tasks) - 1)
ASSUME \A d \in Tasks : Home[d] \in Cpus
ASSUME Pages >= 0 /\ High >= 1 /\ Batch >= 1

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

\* The non-empty lists.
\* @type: (Int -> (Int -> Int)) => Set(<<Int, Int>>);
NonEmptyLists(lists) == {<<c, z>> \in Cpus \X Zones : lists[c][z] > 0}

\* The CPUs with at least one non-empty list.
\* @type: (Int -> (Int -> Int)) => Set(Int);
CpusWithPages(lists) == {c \in Cpus : \E z \in Zones : lists[c][z] > 0}

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            Ghosts                                       *)
(*                                                                         *)
(* What the two ghosts are after a step that leaves the lists as `lists'.  *)
(* Whatever changes a list must use them, also where it only removes pages *)
(* or only adds some: one rule for all is easier to trust.                 *)
(***************************************************************************)

\* A debt is settled by the first moment at which the list is empty; a page
\* freed later is none of the earlier call's business.
\* @type: (Int -> (Int -> Int)) => (Int -> Set(<<Int, Int>>));
OwesAfter(lists) ==
  [d \in Tasks |-> {<<c, z>> \in owes[d] : lists[c][z] > 0}]

\* @type: (Int -> (Int -> Int)) => (Int -> Set(Int));
HadPagesAfter(lists) ==
  [d \in Tasks |-> IF at[d] = "idle" THEN had_pages[d]
                   ELSE had_pages[d] \cup CpusWithPages(lists)]

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            Who may step                                 *)
(***************************************************************************)

\* The task d can run on its CPU: no IPI handler has interrupted it, and no
\* other task there keeps it off by having preemption disabled.  An idle task
\* comes to run only while interrupts are on: it takes a timer tick.
\*
\* Not said here: d, once in its call, is also kept off by *another* task of
\* its CPU that has turned interrupts off.  Whose irqs_on[c] = FALSE it is
\* follows from the programs' positions, which this module does not know.  So
\* a step before which its own task has interrupts on has TaskRunsIrqsOn for a
\* guard, one before which its own task turned them off has TaskRuns.
\*
\* (A set that is empty, not \A with a disjunction inside: in the guard of an action
\* TLC would take each way to make a disjunction true for a step of its own.)
\* @type: Int => Bool;
TaskRuns(d) ==
  /\ Home[d] \in online
  /\ serving[Home[d]] = NoTask
  /\ {other \in Tasks \ {d} : Home[other] = Home[d] /\ preempt_count[other] > 0} = {}
  /\ at[d] = "idle" => irqs_on[Home[d]]

\* @type: Int => Bool;
TaskRunsIrqsOn(d) == TaskRuns(d) /\ irqs_on[Home[d]]

\* An IPI handler is on CPU c.  It runs with interrupts off and is preempted by
\* nobody, so it can always go on; its steps mix with those of other CPUs.
\* @type: Int => Bool;
HandlerRuns(c) == serving[c] /= NoTask

\* The target has acknowledged the task's last call: what csd_lock_wait() spins for.
\* @type: (Int, Int) => Bool;
Answered(d, target) == target \notin awaiting[d]

\* The element (call_single_data, csd) in which a call to the target is written
\* down is free.  csd_lock() spins for it: one call to one target at a time.
\* @type: (Int, Int) => Bool;
CsdFree(d, target) == target \notin awaiting[d]

\* CPU c can enter the IPI handler for the call of task d.
\* @type: (Int, Int) => Bool;
CanTake(c, d) ==
  /\ c \in online
  /\ irqs_on[c]
  /\ serving[c] = NoTask
  /\ d \in call_queue[c]

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
  /\ owes = [d \in Tasks |-> {}]
  /\ had_pages = [d \in Tasks |-> {}]
  /\ at = [d \in Tasks |-> "idle"]
  /\ irq_at = [c \in Cpus |-> "idle"]

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            A call begins and ends                       *)
(***************************************************************************)

\* Task d enters drain_all_pages(), out of direct reclaim (3.4: from
\* __alloc_pages_direct_reclaim()).  From here it owes every list that has pages
\* now, and calling a CPU is excused by pages it has from now on.
Call(d) ==
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use,
                 call_queue, serving, awaiting>>
  /\ owes' = [owes EXCEPT ![d] = NonEmptyLists(pcp)]
  /\ had_pages' = [had_pages EXCEPT ![d] = CpusWithPages(pcp)]

\* drain_all_pages() returns.  What it owes even so stays on the record.
Return(d) ==
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use,
                 call_queue, serving, awaiting, owes>>
  /\ had_pages' = [had_pages EXCEPT ![d] = {}]

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            Preemption and interrupts                    *)
(*                                                                         *)
(* Preemption off keeps the other tasks of the CPU from running, not its   *)
(* interrupts: it still answers IPIs, and interrupts still free pages.     *)
(* Interrupts off keep out all of these.                                   *)
(***************************************************************************)

\* preempt_disable(), get_cpu().
PreemptDisable(d) ==
  /\ UNCHANGED <<online, irqs_on>>
  /\ preempt_count' = [preempt_count EXCEPT ![d] = @ + 1]
  /\ UNCHANGED <<pcp, buddy, in_use, call_queue, serving, awaiting, owes, had_pages>>

\* preempt_enable(), put_cpu().  No guard against an unpaired one: TypeOK is to see it.
PreemptEnable(d) ==
  /\ UNCHANGED <<online, irqs_on>>
  /\ preempt_count' = [preempt_count EXCEPT ![d] = @ - 1]
  /\ UNCHANGED <<pcp, buddy, in_use, call_queue, serving, awaiting, owes, had_pages>>

\* local_irq_disable(), on the task's own CPU.
IrqDisable(d) ==
  /\ UNCHANGED online
  /\ irqs_on' = [irqs_on EXCEPT ![Home[d]] = FALSE]
  /\ UNCHANGED <<preempt_count, pcp, buddy, in_use, call_queue, serving, awaiting,
                 owes, had_pages>>

\* local_irq_enable().
IrqEnable(d) ==
  /\ UNCHANGED online
  /\ irqs_on' = [irqs_on EXCEPT ![Home[d]] = TRUE]
  /\ UNCHANGED <<preempt_count, pcp, buddy, in_use, call_queue, serving, awaiting,
                 owes, had_pages>>

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            Calls to other CPUs                          *)
(*                                                                         *)
(* smp_call_function_many(), cut into its steps: for each target the       *)
(* sender fills in a csd, puts it on the target's queue and raises the IPI *)
(* (SendCall); the target is interrupted and takes it off (TakeCall), runs *)
(* the function, and acknowledges by unlocking the csd (AckCall), which is *)
(* all that the waiting sender looks at (Answered).  Where the mask comes  *)
(* from, and that it is copied once, is in the program.                    *)
(***************************************************************************)

\* Task d calls the target.
SendCall(d, target) ==
  /\ CsdFree(d, target)
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use>>
  /\ call_queue' = [call_queue EXCEPT ![target] = @ \cup {d}]
  /\ UNCHANGED serving
  /\ awaiting' = [awaiting EXCEPT ![d] = @ \cup {target}]
  /\ UNCHANGED <<owes, had_pages>>

\* CPU c is interrupted and turns to the call of task d: one request at a time,
\* run whole and acknowledged before the next (generic_smp_call_function_interrupt()).
TakeCall(c, d) ==
  /\ CanTake(c, d)
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use>>
  /\ call_queue' = [call_queue EXCEPT ![c] = @ \ {d}]
  /\ serving' = [serving EXCEPT ![c] = d]
  /\ UNCHANGED <<awaiting, owes, had_pages>>

\* The handler on CPU c has run the function: csd_unlock(), and back to what was
\* interrupted.
AckCall(c) ==
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use, call_queue>>
  /\ serving' = [serving EXCEPT ![c] = NoTask]
  /\ awaiting' = [d \in Tasks |-> IF d = serving[c] THEN awaiting[d] \ {c} ELSE awaiting[d]]
  /\ UNCHANGED <<owes, had_pages>>
=============================================================================
