"""The report: a static site of the verdicts, the variants, the counterexamples, and an explorer."""
