"""What is made of the IR: TLA+, Python, pytest suites, JSON."""
