"""Event traces: recorded runs, in files, whole or partial, and whether the specification can follow them."""
