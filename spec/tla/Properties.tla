---------------------------- MODULE Properties ----------------------------
(***************************************************************************)
(* What a drain must keep, as predicates of one state: each is to be TRUE  *)
(* in every state that can be reached.                                     *)
(***************************************************************************)
EXTENDS Allocator

(***************************************************************************)
(* A call that has returned has done its work: every list that had pages   *)
(* when it was called has been empty at some moment since.  Not promised:  *)
(* that all lists are empty on return (their owners may have freed pages   *)
(* again), nor that all were empty at the same moment.                     *)
(***************************************************************************)
DrainComplete == \A d \in Tasks : at[d] = "idle" => owes[d] = {}

(***************************************************************************)
(* The pages of zone z on all its lists together.  A sum over CPUs, which  *)
(* TLA+ has no word for: stack the pages of each list and number them from *)
(* 1; then <<c, k>> is a page if and only if k <= pcp[c][z], and the sum   *)
(* is the number of such pairs.  (True for lists up to Pages long.)        *)
(***************************************************************************)
\* @type: Int => Int;
PagesOnLists(z) == Cardinality({<<c, k>> \in Cpus \X (1..Pages) : k <= pcp[c][z]})

\* Every page of a zone is in exactly one place.
PageConservation ==
  \A z \in Zones :
    /\ buddy[z] >= 0
    /\ in_use[z] >= 0
    /\ \A c \in Cpus : pcp[c][z] >= 0 /\ pcp[c][z] <= Pages
    /\ buddy[z] + in_use[z] + PagesOnLists(z) = Pages

(***************************************************************************)
(* Nobody is disturbed for nothing: a CPU that is called had a page at     *)
(* some moment of the call.  Linux up to 3.3 called all of them.           *)
(***************************************************************************)
NoUselessIpi ==
  \A d \in Tasks :
    at[d] /= "idle" => \A c \in Cpus : d \in call_queue[c] => c \in had_pages[d]

\* For NeverStuck of the generated module, which knows all steps: while a call is
\* under way, some step of the kernel is possible.
CallUnderWay == \E d \in Tasks : at[d] /= "idle"

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
  /\ owes \in [Tasks -> SUBSET (Cpus \X Zones)]
  /\ had_pages \in [Tasks -> SUBSET Cpus]

(***************************************************************************)
(* Facts about this machine under any program, of use where a proof by     *)
(* induction would otherwise start from states that cannot be.             *)
(***************************************************************************)

\* A call that has not been answered is in the target's queue or in its handler,
\* never in both and never forgotten.
CallsPaired ==
  \A d \in Tasks, c \in Cpus :
    /\ c \in awaiting[d] <=> (d \in call_queue[c] \/ serving[c] = d)
    /\ ~(d \in call_queue[c] /\ serving[c] = d)

\* A list that is owed has pages: its debt would else have been settled.
DebtsStand == \A d \in Tasks : owes[d] \subseteq NonEmptyLists(pcp)

\* The second ghost knows the present, and nothing between calls.
PagesSeen ==
  \A d \in Tasks :
    IF at[d] = "idle" THEN had_pages[d] = {} ELSE CpusWithPages(pcp) \subseteq had_pages[d]
=============================================================================
