"""`letmepost dev`: runs the whole service on one machine, without any setup."""

from letmepost.cli.dev.run import DevOptions, run_dev

__all__ = ["DevOptions", "run_dev"]
