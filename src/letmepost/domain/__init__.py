"""What publishing means here, as pure values and functions.

Holds ids, statuses, rules, text counting, retry maths, signing, the error tree and the flow vocabulary. May import
the standard library and `regex` only: no I/O, no clock, no randomness, no environment, no async. Whatever depends on
the moment or on chance takes it as an argument.
"""
