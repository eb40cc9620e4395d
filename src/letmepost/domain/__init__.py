"""What publishing is, as pure values and functions.

Contains ids, statuses, rules, text counting, retry delays, signing, the error tree and the instructions of flows. May
import the standard library and `regex` only: no I/O, no clock, no randomness, no environment, no async. Time and
randomness are arguments.
"""
