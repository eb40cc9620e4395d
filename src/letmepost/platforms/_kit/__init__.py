"""The parts of a platform that several platforms have in common: plain functions and values, without I/O.

A platform's folder contains only what is special about that platform. The import rules of platforms apply.
"""
