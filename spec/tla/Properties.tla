---------------------------- MODULE Properties ----------------------------
(***************************************************************************)
(* What a drain must keep, as predicates of one state: each is to be TRUE  *)
(* in every state that can be reached.                                     *)
(*                                                                         *)
(* Beside each stands its premise: the situation that it speaks of.  If no *)
(* state that can be reached is of that kind, the property says nothing    *)
(* about the program, however true it is.  LastWriterComplete,             *)
(* SavedIsHonest, UnlockedContext, NeverStuck and CallReturns speak of     *)
(* steps or masks of the program: the generated module has them.           *)
(***************************************************************************)
EXTENDS Hotplug

\* A call is under way.  In NeverStuck of the generated module: then some step of the
\* kernel is possible.
CallUnderWay == \E d \in Tasks : at[d] /= "idle"

(***************************************************************************)
(* A call that has returned has done its work: every list that had pages   *)
(* when it was called has been empty at some moment since, if its CPU has  *)
(* been online throughout.  Not promised: that all lists are empty on      *)
(* return (their owners may have freed pages again), nor that all were     *)
(* empty at the same moment.                                               *)
(***************************************************************************)
DrainComplete == \A d \in Tasks : at[d] = "idle" => owes[d] = {}

DrainCompletePremise == \E d \in Tasks : at[d] /= "idle" /\ owes[d] /= {}

(***************************************************************************)
(* What a drain may pass over because the CPU is gone, that CPU's notifier *)
(* takes: on return it has drained the list, or will yet come to its zone. *)
(***************************************************************************)
\* The notifier is under way for CPU c and has not drained its list of zone z yet.
\* @type: (Int, Int) => Bool;
NotifierWillDrain(c, z) == dead_zone[c] /= NoZone /\ z >= dead_zone[c]

DrainCompleteOrNotified ==
  \A d \in Tasks :
    at[d] = "idle" =>
      owes[d] = {} /\ {<<c, z>> \in notified[d] : ~NotifierWillDrain(c, z)} = {}

DrainCompleteOrNotifiedPremise == \E d \in Tasks : notified[d] /= {}

(***************************************************************************)
(* More than was ever promised, but kept by Linux up to 3.3: for each CPU  *)
(* that has stayed online, there was a moment within the call at which all *)
(* its lists were empty at once.                                           *)
(***************************************************************************)
DrainInstant == \A d \in Tasks : at[d] = "idle" => never_empty[d] = {}

DrainInstantPremise == \E d \in Tasks : at[d] /= "idle" /\ never_empty[d] /= {}

(***************************************************************************)
(* The pages of zone z on all its lists together.  A sum over CPUs, which  *)
(* TLA+ has no word for: stack the pages of each list and number them from *)
(* 1; then <<c, k>> is a page if and only if k <= pcp[c][z], and the sum   *)
(* is the number of such pairs.  (True for lists up to Pages long.)        *)
(***************************************************************************)
\* @type: Int => Int;
PagesOnLists(z) == Cardinality({<<c, k>> \in Cpus \X (1..Pages) : k <= pcp[c][z]})

\* The pages of zone z that are linked and not counted yet: on a list, but not in pcp.
\* @type: Int => Int;
PagesLinked(z) == Cardinality({c \in Cpus : linking[c] = z})

\* Every page of a zone is in exactly one place: none is lost, none is there twice.
PageConservation ==
  \A z \in Zones :
    /\ buddy[z] >= 0
    /\ in_use[z] >= 0
    /\ \A c \in Cpus : pcp[c][z] >= 0 /\ pcp[c][z] <= Pages
    /\ buddy[z] + in_use[z] + PagesOnLists(z) + PagesLinked(z) = Pages

PageConservationPremise == NonEmptyLists(pcp, linking) /= {}

(***************************************************************************)
(* Nobody calls a CPU that is not there to answer.  (A CPU that leaves     *)
(* answers what is in its queue before it goes.)                           *)
(***************************************************************************)
NoIpiToOffline == \A c \in Cpus : call_queue[c] /= {} => c \in online

NoIpiToOfflinePremise == CallUnderWay /\ online /= Cpus

(***************************************************************************)
(* Nobody is disturbed for nothing: a CPU that is called had a page at     *)
(* some moment of the call.  Linux up to 3.3 called all of them.           *)
(***************************************************************************)
NoUselessIpi ==
  \A d \in Tasks :
    at[d] /= "idle" => \A c \in Cpus : d \in call_queue[c] => c \in had_pages[d]

NoUselessIpiPremise == \E c \in Cpus : call_queue[c] /= {}

NeverStuckPremise == CallUnderWay
CallReturnsPremise == CallUnderWay

-----------------------------------------------------------------------------
(***************************************************************************)
(* What values the machine's variables have.  Each conjunct has the form   *)
(* x \in S, so that it can also say where a proof by induction begins.     *)
(***************************************************************************)

\* Deeper than any variant nests preempt_disable() and spinlocks.
MaxPreemptCount == 4

TypeOK ==
  /\ online \in SUBSET Cpus
  /\ irqs_on \in [Cpus -> BOOLEAN]
  /\ preempt_count \in [Tasks -> 0..MaxPreemptCount]
  /\ pcp \in [Cpus -> [Zones -> 0..Pages]]
  /\ buddy \in [Zones -> 0..Pages]
  /\ in_use \in [Zones -> 0..Pages]
  /\ call_queue \in [Cpus -> SUBSET Tasks]
  /\ serving \in [Cpus -> Tasks \cup {NoTask}]
  /\ awaiting \in [Tasks -> SUBSET Cpus]
  /\ signalled \in [Tasks -> BOOLEAN]
  /\ calls_left \in [Tasks -> 0..Calls]
  /\ linking \in [Cpus -> Zones \cup {NoZone}]
  /\ dead_zone \in [Cpus -> Zones \cup {NoZone}]
  /\ owes \in [Tasks -> SUBSET (Cpus \X Zones)]
  /\ notified \in [Tasks -> SUBSET (Cpus \X Zones)]
  /\ never_empty \in [Tasks -> SUBSET Cpus]
  /\ had_pages \in [Tasks -> SUBSET Cpus]
  /\ called \in [Tasks -> SUBSET Cpus]

(***************************************************************************)
(* Facts about this machine under any program, of use where a proof by     *)
(* induction would otherwise start from states that cannot be.             *)
(***************************************************************************)

\* A call that has not been answered is in the target's queue or in its handler,
\* never in both and never forgotten.  (Not of programs with AckEarly.)
CallsPaired ==
  \A d \in Tasks, c \in Cpus :
    /\ c \in awaiting[d] <=> (d \in call_queue[c] \/ serving[c] = d)
    /\ ~(d \in call_queue[c] /\ serving[c] = d)

\* The same for programs with AckEarly: a call in the queue is unanswered, an unanswered
\* one is in the queue or in the handler.
CallsKept ==
  \A d \in Tasks, c \in Cpus :
    /\ d \in call_queue[c] => c \in awaiting[d]
    /\ c \in awaiting[d] => (d \in call_queue[c] \/ serving[c] = d)

\* A list that is owed has pages: its debt would else have been settled.  So has a list
\* that is the notifier's, and a CPU that has never been empty.
DebtsStand ==
  \A d \in Tasks :
    /\ owes[d] \subseteq {<<c, z>> \in NonEmptyLists(pcp, linking) : c \in online}
    /\ notified[d] \subseteq NonEmptyLists(pcp, linking)
    /\ never_empty[d] \subseteq CpusWithPages(pcp, linking) \cap online

\* The ghosts of the call under way know the present, and nothing between calls.
PagesSeen ==
  \A d \in Tasks :
    IF at[d] = "idle" THEN had_pages[d] = {} /\ called[d] = {}
    ELSE CpusWithPages(pcp, linking) \subseteq had_pages[d]

\* Signals reach calls only, and are seen to when these return.
SignalsInCalls == \A d \in Tasks : signalled[d] => at[d] /= "idle"

\* No list rests at High: what reaches it is flushed.  (A refill may be longer.)
ListsBounded == \A c \in Cpus, z \in Zones : pcp[c][z] < High \/ pcp[c][z] < Batch

\* Whoever is between link and count has his CPU to himself.
LinksApart ==
  \A c \in Cpus : linking[c] /= NoZone => c \in online /\ irqs_on[c] /\ serving[c] = NoTask

\* A CPU that is gone runs nothing and keeps no page that its notifier will not find.
GoneAreEmptied ==
  \A c \in Cpus :
    /\ dead_zone[c] /= NoZone => c \notin online
    /\ c \notin online => serving[c] = NoTask /\
         \A z \in Zones : pcp[c][z] > 0 => NotifierWillDrain(c, z)
=============================================================================
