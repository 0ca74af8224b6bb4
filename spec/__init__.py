"""The specification, as data: variants, library, hand-written TLA+, scopes."""
