"""Benchmarks: the explorer, and other model checkers on the same model, side by side in one run."""
