"""The compiler: from a `.drain` file to TLA+, Python and pytest suites."""
