"""Mutation: mistakes made on purpose, in the program, its machine and its specification, and who notices."""
