"""What helps to write a variant: a start, the formatter and a check on each save."""
