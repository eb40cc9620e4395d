"""Fills a world from a seed: accounts with their tokens, and posts, through the APIs of the simulated networks."""
