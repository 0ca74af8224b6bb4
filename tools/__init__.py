"""The command line and what it drives: engines, reports, runs."""
