"""Use cases that compose, accept, read and change posts."""
