"""The checkers that the project drives as subprocesses, and the reading of what they print."""
