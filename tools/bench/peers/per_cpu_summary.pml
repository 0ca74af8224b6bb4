/*
 * drain_all_pages() of Linux 3.4 to 3.18 in Promela, by hand: one decision for each CPU over all its zones, in a
 * mask that all callers share, without a lock. The rest of the call, and the machine, are in machine.pml.
 */
#define FIRST scan
#define LAST returns
#define SCAN \
    :: d_step { at == scan && RUNS_IRQS_ON(_pid) -> \
        next(cpu, ONLINE); \
        if \
        :: cpu < CPUS -> zone = 0; at = look \
        :: else -> cpu = NONE; at = pin \
        fi } \
    :: d_step { at == look && RUNS_IRQS_ON(_pid) -> \
        if \
        :: pcp[LIST(cpu, zone)] > 0 -> zone = NONE; at = set_bit \
        :: pcp[LIST(cpu, zone)] == 0 && zone + 1 < ZONES -> zone++ \
        :: else -> zone = NONE; at = clear_bit \
        fi } \
    :: d_step { at == set_bit && RUNS_IRQS_ON(_pid) -> cpus_with_pcps = cpus_with_pcps | BIT(cpu); at = scan } \
    :: d_step { at == clear_bit && RUNS_IRQS_ON(_pid) -> cpus_with_pcps = cpus_with_pcps & ~BIT(cpu); at = scan }

#include "machine.pml"
