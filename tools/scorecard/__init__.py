"""The scorecard: how strong the generated suites are, in numbers, and what each number must be at least."""
