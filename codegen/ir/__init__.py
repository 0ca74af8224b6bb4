"""The intermediate forms: a tree of routine instances whose steps are named, and the step machine made of it."""
