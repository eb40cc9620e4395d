"""The tests. Their folders mirror those of `src/letmepost`."""
