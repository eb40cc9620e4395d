"""The processes of a deployment that connect to the database."""

from enum import StrEnum


class Process(StrEnum):
    """A process that connects to the database, with its own login role."""

    API = "api"
    WORKER = "worker"

    @property
    def variable(self) -> str:
        """Return the environment variable of the process's database URL."""
        return {Process.API: "DATABASE_URL", Process.WORKER: "LETMEPOST_WORKER_DATABASE_URL"}[self]
