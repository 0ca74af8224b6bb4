"""The intermediate forms: a tree of routine instances with named steps, and the step machine made of it."""
