"""The documentation that this server serves: plain pages, made of the same values that the code obeys."""
