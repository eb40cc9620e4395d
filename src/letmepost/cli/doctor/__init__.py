"""`letmepost doctor`: finds what is wrong with a deployment, and how to fix it.

Each check is a small function that returns its results. No check changes anything.
"""
