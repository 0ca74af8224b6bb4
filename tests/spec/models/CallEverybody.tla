--------------------------- MODULE CallEverybody ---------------------------
(***************************************************************************)
(* A program by hand, to try the modules of spec/tla with: each task calls *)
(* every other CPU, waits for all of them, drains its own lists, returns.  *)
(* This is drain_all_pages() up to Linux 3.3.  Two constants spoil it.     *)
(***************************************************************************)
EXTENDS Properties

CONSTANTS
  \* Call only the CPUs that have counted pages.
  \* @type: Bool;
  Peeks,
  \* Where the handler begins: "drain", or first "ack_early", "forget" or "duplicate".
  \* @type: Str;
  Handler

VARIABLES
  \* The CPUs to be called, as the task saw them when it had preemption off.
  \* @type: Int -> Set(Int);
  cfd,
  \* @type: Int -> Int;
  target,
  \* The zone that the task is at.
  \* @type: Int -> Int;
  zone,
  \* The zone that the handler is at.
  \* @type: Int -> Int;
  irq__zone

program_vars == <<cfd, target, zone, irq__zone>>
vars == <<machine_vars, control_vars, program_vars>>

TwoOnCpuZero == [d \in Tasks |-> 0]
EachOnItsOwn == [d \in Tasks |-> d]

Chosen(d) ==
  {c \in online \ {Home[d]} : Peeks => \E z \in Zones : pcp[c][z] > 0}
None == Cardinality(Cpus)
LastZone == Cardinality(Zones) - 1

Go(d, from, to) == at[d] = from /\ at' = [at EXCEPT ![d] = to]

call(d) ==
  /\ TaskRunsIrqsOn(d) /\ Go(d, "idle", "preempt_disable")
  /\ Call(d) /\ UNCHANGED irq_at /\ UNCHANGED program_vars

preempt_disable(d) ==
  /\ TaskRunsIrqsOn(d) /\ Go(d, "preempt_disable", IF Chosen(d) = {} THEN "irq_disable" ELSE "send")
  /\ PreemptDisable(d) /\ UNCHANGED irq_at
  /\ cfd' = [cfd EXCEPT ![d] = Chosen(d)]
  /\ target' = [target EXCEPT ![d] = IF Chosen(d) = {} THEN -1 ELSE NextCpu(-1, Chosen(d))]
  /\ UNCHANGED <<zone, irq__zone>>

send(d) ==
  LET next == NextCpu(target[d], cfd[d])
  IN /\ TaskRunsIrqsOn(d) /\ Go(d, "send", IF next = None THEN "wait" ELSE "send")
     /\ SendCall(d, target[d]) /\ UNCHANGED irq_at
     /\ UNCHANGED cfd
     /\ target' = [target EXCEPT ![d] = IF next = None THEN NextCpu(-1, cfd[d]) ELSE next]
     /\ UNCHANGED <<zone, irq__zone>>

wait(d) ==
  LET next == NextCpu(target[d], cfd[d])
  IN /\ TaskRunsIrqsOn(d) /\ Go(d, "wait", IF next = None THEN "irq_disable" ELSE "wait")
     /\ Answered(d, target[d]) /\ UNCHANGED machine_vars /\ UNCHANGED irq_at
     /\ cfd' = [cfd EXCEPT ![d] = IF next = None THEN {} ELSE @]
     /\ target' = [target EXCEPT ![d] = IF next = None THEN -1 ELSE next]
     /\ UNCHANGED <<zone, irq__zone>>

irq_disable(d) ==
  /\ TaskRunsIrqsOn(d) /\ Go(d, "irq_disable", "drain")
  /\ IrqDisable(d) /\ UNCHANGED irq_at /\ UNCHANGED program_vars

drain(d) ==
  /\ TaskRuns(d) /\ Go(d, "drain", IF zone[d] = LastZone THEN "irq_enable" ELSE "drain")
  /\ DrainZone(Home[d], zone[d]) /\ UNCHANGED irq_at
  /\ zone' = [zone EXCEPT ![d] = IF zone[d] = LastZone THEN 0 ELSE @ + 1]
  /\ UNCHANGED <<cfd, target, irq__zone>>

irq_enable(d) ==
  /\ TaskRuns(d) /\ Go(d, "irq_enable", "preempt_enable")
  /\ IrqEnable(d) /\ UNCHANGED irq_at /\ UNCHANGED program_vars

preempt_enable(d) ==
  /\ TaskRunsIrqsOn(d) /\ Go(d, "preempt_enable", "return")
  /\ PreemptEnable(d) /\ UNCHANGED irq_at /\ UNCHANGED program_vars

return(d) ==
  /\ TaskRunsIrqsOn(d) /\ Go(d, "return", "idle")
  /\ Return(d) /\ UNCHANGED irq_at /\ UNCHANGED program_vars

take(c, d) ==
  /\ TakeCall(c, d) /\ irq_at' = [irq_at EXCEPT ![c] = Handler]
  /\ UNCHANGED at /\ UNCHANGED program_vars

before(c, what, to) ==
  /\ HandlerRuns(c) /\ irq_at[c] = what /\ irq_at' = [irq_at EXCEPT ![c] = to]
  /\ UNCHANGED at /\ UNCHANGED program_vars

ack_early(c) == before(c, "ack_early", "drain") /\ AckEarly(c)
forget(c) == before(c, "forget", "drain") /\ ForgetZone(c, irq__zone[c])
duplicate(c) == before(c, "duplicate", "drain") /\ DuplicateZone(c, irq__zone[c])

handler_drain(c) ==
  /\ HandlerRuns(c) /\ irq_at[c] = "drain"
  /\ DrainZone(c, irq__zone[c])
  /\ irq_at' = [irq_at EXCEPT ![c] = IF irq__zone[c] = LastZone THEN "ack" ELSE "drain"]
  /\ irq__zone' = [irq__zone EXCEPT ![c] = IF irq__zone[c] = LastZone THEN 0 ELSE @ + 1]
  /\ UNCHANGED at /\ UNCHANGED <<cfd, target, zone>>

ack(c) ==
  /\ HandlerRuns(c) /\ irq_at[c] = "ack"
  /\ AckCall(c) /\ irq_at' = [irq_at EXCEPT ![c] = "idle"]
  /\ UNCHANGED at /\ UNCHANGED program_vars

free(c, z) == Free(c, z) /\ UNCHANGED control_vars /\ UNCHANGED program_vars
alloc(c, z) == Alloc(c, z) /\ UNCHANGED control_vars /\ UNCHANGED program_vars
link(c, z) == Link(c, z) /\ UNCHANGED control_vars /\ UNCHANGED program_vars
count(c, z) == Count(c, z) /\ UNCHANGED control_vars /\ UNCHANGED program_vars
signal(d) == Signal(d) /\ UNCHANGED control_vars /\ UNCHANGED program_vars
offline(c) == Offline(c) /\ UNCHANGED control_vars /\ UNCHANGED program_vars
dead(c, z) == DeadNotifier(c, z) /\ UNCHANGED control_vars /\ UNCHANGED program_vars
come_back(c) == Online(c) /\ UNCHANGED control_vars /\ UNCHANGED program_vars

Init ==
  /\ MachineInit
  /\ cfd = [d \in Tasks |-> {}]
  /\ target = [d \in Tasks |-> -1]
  /\ zone = [d \in Tasks |-> 0]
  /\ irq__zone = [c \in Cpus |-> 0]

Next ==
  \/ \E d \in Tasks : call(d)
  \/ \E d \in Tasks : preempt_disable(d)
  \/ \E d \in Tasks : send(d)
  \/ \E d \in Tasks : wait(d)
  \/ \E d \in Tasks : irq_disable(d)
  \/ \E d \in Tasks : drain(d)
  \/ \E d \in Tasks : irq_enable(d)
  \/ \E d \in Tasks : preempt_enable(d)
  \/ \E d \in Tasks : return(d)
  \/ \E c \in Cpus, d \in Tasks : take(c, d)
  \/ \E c \in Cpus : ack_early(c)
  \/ \E c \in Cpus : forget(c)
  \/ \E c \in Cpus : duplicate(c)
  \/ \E c \in Cpus : handler_drain(c)
  \/ \E c \in Cpus : ack(c)
  \/ \E c \in Cpus, z \in Zones : free(c, z)
  \/ \E c \in Cpus, z \in Zones : alloc(c, z)
  \/ \E c \in Cpus, z \in Zones : link(c, z)
  \/ \E c \in Cpus, z \in Zones : count(c, z)
  \/ \E d \in Tasks : signal(d)
  \/ \E c \in Cpus : offline(c)
  \/ \E c \in Cpus, z \in Zones : dead(c, z)
  \/ \E c \in Cpus : come_back(c)

KernelStep ==
  \/ \E d \in Tasks : preempt_disable(d) \/ send(d) \/ wait(d) \/ irq_disable(d) \/ drain(d)
                      \/ irq_enable(d) \/ preempt_enable(d) \/ return(d)
  \/ \E c \in Cpus : ack_early(c) \/ forget(c) \/ duplicate(c) \/ handler_drain(c) \/ ack(c)
  \/ \E c \in Cpus, d \in Tasks : take(c, d)
  \/ \E c \in Cpus, z \in Zones : count(c, z)

\* By TLC only (ENABLED); a generated module spells its guards out.
NeverStuck == CallUnderWay => ENABLED KernelStep

\* The premises, the other way round: each is to be violated.
NobodyOwes == ~DrainCompletePremise
NobodyNotified == ~DrainCompleteOrNotifiedPremise
NobodyFull == ~DrainInstantPremise
NoPages == ~PageConservationPremise
NobodyGone == ~NoIpiToOfflinePremise
NobodyCalled == ~NoUselessIpiPremise
NobodyIsSignalled == ~(\E d \in Tasks : SignalPending(d))

\* Of this program, which waits for all that it calls.
AwaitedWereCalled == \A d \in Tasks : awaiting[d] \subseteq called[d]

\* A call under way has been taken off what is left.
CallsCounted == Calls > 0 => \A d \in Tasks : at[d] /= "idle" => calls_left[d] < Calls
=============================================================================
