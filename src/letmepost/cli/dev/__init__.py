"""`letmepost dev`: the whole service on one machine, from nothing."""

from letmepost.cli.dev.run import DevOptions, run_dev

__all__ = ["DevOptions", "run_dev"]
