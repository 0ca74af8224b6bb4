------------------------------- MODULE Values -------------------------------
\* Values of spec/tla that do not need a state, compared with what they must be.
EXTENDS Properties

HomeZero == [d \in Tasks |-> 0]

ASSUME NextCpu(-1, {}) = 4
ASSUME NextCpu(-1, {0}) = 0
ASSUME NextCpu(0, {0}) = 4
ASSUME NextCpu(0, {0, 3, 1}) = 1
ASSUME NextCpu(1, {0, 3, 1}) = 3
ASSUME NextCpu(3, {0, 3, 1}) = 4
ASSUME NextCpu(4, Cpus) = 4
\* In general, it is the least of the CPUs above c in S.
ASSUME \A S \in SUBSET Cpus : \A c \in Cpus \cup {-1, 4} :
         LET above == {s \in S : s > c}
             n == NextCpu(c, S)
         IN IF above = {} THEN n = 4 ELSE n \in above /\ \A s \in above : n <= s
ASSUME Min(1, 2) = 1 /\ Min(2, 1) = 1 /\ Min(3, 3) = 3
ASSUME LET lists == [c \in Cpus |-> [z \in Zones |-> IF c = 2 THEN z ELSE 0]]
           none == [c \in Cpus |-> NoZone]
           one == [none EXCEPT ![3] = 0]
       IN /\ NonEmptyLists(lists, none) = {<<2, 1>>} /\ CpusWithPages(lists, none) = {2}
          /\ NonEmptyLists(lists, one) = {<<2, 1>>, <<3, 0>>} /\ CpusWithPages(lists, one) = {2, 3}
          /\ HasPages(lists, one, 3, 0) /\ ~HasPages(lists, one, 3, 1)
ASSUME Surplus(High) = Min(Batch, High) /\ Surplus(High - 1) = 0

Init == MachineInit
Next == UNCHANGED machine_vars /\ UNCHANGED control_vars
=============================================================================
