"""`letmepost doctor`: what is wrong with a deployment, and what to do about it.

A check is a small function that returns what it found. None of them mends anything.
"""
