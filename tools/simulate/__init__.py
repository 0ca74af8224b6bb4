"""The timed machine: generated programs on the reference machine's hardware, with a cost for each step."""
