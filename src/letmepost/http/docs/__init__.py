"""The documentation pages of this server, generated from the values that the code uses."""
