"""Pages for browsers: what followers of the simulated accounts see.

They load only the media of the posts. Their only script reloads a page when what followers see has changed.
"""
