------------------------------ MODULE Machine ------------------------------
(***************************************************************************)
(* What happens on the machine: calls of drain_all_pages() begin and end,  *)
(* tasks turn preemption and interrupts off and on, CPUs call each other.  *)
(*                                                                         *)
(* Every action, here and in Allocator and Hotplug, says what becomes of   *)
(* every variable of machine_vars, in the order of their declaration, and  *)
(* nothing of at and irq_at: where a program goes next is the program's    *)
(* business.                                                               *)
(***************************************************************************)
EXTENDS State

(***************************************************************************)
(*                            Who may step                                 *)
(***************************************************************************)

\* The task d can run on its CPU: no IPI handler has interrupted it, no other task
\* there keeps it off by having preemption disabled, and nobody there is in the middle
\* of freeing a page, which has interrupts off and is no task's business here.  An idle
\* task comes to run only while interrupts are on: it takes a timer tick.
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
  /\ linking[Home[d]] = NoZone
  /\ {other \in Tasks \ {d} : Home[other] = Home[d] /\ preempt_count[other] > 0} = {}
  /\ at[d] = "idle" => irqs_on[Home[d]]

\* @type: Int => Bool;
TaskRunsIrqsOn(d) == TaskRuns(d) /\ irqs_on[Home[d]]

\* signal_pending(): what a waiter in mutex_lock_interruptible() looks at when it does not
\* get the mutex: "it is free or I am signalled", which a guard says without a disjunction,
\* as IF holder = NoTask THEN TRUE ELSE SignalPending(d).
\* @type: Int => Bool;
SignalPending(d) == signalled[d]

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
  /\ linking[c] = NoZone
  /\ d \in call_queue[c]

\* The handler on CPU c works for a call that is not acknowledged yet.  If it has
\* acknowledged early, its caller may have called again meanwhile, and awaits that call:
\* the one in the queue.  (A call is queued only where none is unanswered: CsdFree.)
\* @type: Int => Bool;
ServesUnanswered(c) == serving[c] \notin call_queue[c]

-----------------------------------------------------------------------------
(***************************************************************************)
(*                            A call begins and ends                       *)
(***************************************************************************)

\* Task d enters drain_all_pages(), out of direct reclaim (3.4: from
\* __alloc_pages_direct_reclaim()).  From here it owes every list that has pages
\* now and whose CPU is online, and calling a CPU is excused by pages it has from now on.
\* (Min(1, Calls) is 0 where calls are without end: no limit then, and nothing to count.)
Call(d) ==
  /\ calls_left[d] >= Min(1, Calls)
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use,
                 call_queue, serving, awaiting, signalled>>
  /\ calls_left' = [calls_left EXCEPT ![d] = @ - Min(1, Calls)]
  /\ UNCHANGED <<linking, dead_zone>>
  /\ owes' = [owes EXCEPT ![d] = {<<c, z>> \in NonEmptyLists(pcp, linking) : c \in online}]
  /\ notified' = [notified EXCEPT ![d] = {}]
  /\ never_empty' = [never_empty EXCEPT ![d] = CpusWithPages(pcp, linking) \cap online]
  /\ had_pages' = [had_pages EXCEPT ![d] = CpusWithPages(pcp, linking)]
  /\ called' = [called EXCEPT ![d] = {}]

\* drain_all_pages() returns, and the task sees to its signal.  What it owes even so stays
\* on the record.
Return(d) ==
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use,
                 call_queue, serving, awaiting>>
  /\ signalled' = [signalled EXCEPT ![d] = FALSE]
  /\ UNCHANGED <<calls_left, linking, dead_zone, owes, notified, never_empty>>
  /\ had_pages' = [had_pages EXCEPT ![d] = {}]
  /\ called' = [called EXCEPT ![d] = {}]

\* Someone signals the task in its call: the OOM killer, or a user.  It needs no CPU of the
\* task's: the flag is set from wherever the signal is sent.
Signal(d) ==
  /\ Signals
  /\ at[d] /= "idle"
  /\ ~signalled[d]
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use,
                 call_queue, serving, awaiting>>
  /\ signalled' = [signalled EXCEPT ![d] = TRUE]
  /\ UNCHANGED <<calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages, called>>

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
  /\ UNCHANGED <<pcp, buddy, in_use, call_queue, serving, awaiting,
                 signalled, calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages, called>>

\* preempt_enable(), put_cpu().  No guard against an unpaired one: TypeOK is to see it.
PreemptEnable(d) ==
  /\ UNCHANGED <<online, irqs_on>>
  /\ preempt_count' = [preempt_count EXCEPT ![d] = @ - 1]
  /\ UNCHANGED <<pcp, buddy, in_use, call_queue, serving, awaiting,
                 signalled, calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages, called>>

\* local_irq_disable(), on the task's own CPU.
IrqDisable(d) ==
  /\ UNCHANGED online
  /\ irqs_on' = [irqs_on EXCEPT ![Home[d]] = FALSE]
  /\ UNCHANGED <<preempt_count, pcp, buddy, in_use, call_queue, serving, awaiting,
                 signalled, calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages, called>>

\* local_irq_enable().
IrqEnable(d) ==
  /\ UNCHANGED online
  /\ irqs_on' = [irqs_on EXCEPT ![Home[d]] = TRUE]
  /\ UNCHANGED <<preempt_count, pcp, buddy, in_use, call_queue, serving, awaiting,
                 signalled, calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages, called>>

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

\* Task d calls the target.  Nothing keeps it from calling a CPU that is offline, and whose
\* answer it may wait for until that CPU is back: NoIpiToOffline is to see that.
SendCall(d, target) ==
  /\ CsdFree(d, target)
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use>>
  /\ call_queue' = [call_queue EXCEPT ![target] = @ \cup {d}]
  /\ UNCHANGED serving
  /\ awaiting' = [awaiting EXCEPT ![d] = @ \cup {target}]
  /\ UNCHANGED <<signalled, calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages>>
  /\ called' = [called EXCEPT ![d] = @ \cup {target}]

\* CPU c is interrupted and turns to the call of task d: one request at a time,
\* run whole and acknowledged before the next (generic_smp_call_function_interrupt()).
TakeCall(c, d) ==
  /\ CanTake(c, d)
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use>>
  /\ call_queue' = [call_queue EXCEPT ![c] = @ \ {d}]
  /\ serving' = [serving EXCEPT ![c] = d]
  /\ UNCHANGED <<awaiting, signalled, calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages, called>>

\* The handler on CPU c has run the function: csd_unlock(), and back to what was
\* interrupted.  If it has acknowledged early, there is nothing left to unlock.
AckCall(c) ==
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use, call_queue>>
  /\ serving' = [serving EXCEPT ![c] = NoTask]
  /\ awaiting' = [d \in Tasks |-> IF d = serving[c] /\ ServesUnanswered(c)
                                  THEN awaiting[d] \ {c} ELSE awaiting[d]]
  /\ UNCHANGED <<signalled, calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages, called>>

\* The handler on CPU c acknowledges and goes on: csd_unlock() before the function has run,
\* as Linux does (3.14+) for calls whose sender does not wait.  The csd is free from here.
AckEarly(c) ==
  /\ UNCHANGED <<online, irqs_on, preempt_count, pcp, buddy, in_use, call_queue, serving>>
  /\ awaiting' = [d \in Tasks |-> IF d = serving[c] /\ ServesUnanswered(c)
                                  THEN awaiting[d] \ {c} ELSE awaiting[d]]
  /\ UNCHANGED <<signalled, calls_left, linking, dead_zone,
                 owes, notified, never_empty, had_pages, called>>
=============================================================================
