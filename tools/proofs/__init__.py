"""Proofs: inductive proofs of variants, by every engine that can find them, and what is said of them."""
