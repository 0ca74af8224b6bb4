"""The SMT backend: the inductive proofs of a variant at a scope, as queries that z3 answers."""
