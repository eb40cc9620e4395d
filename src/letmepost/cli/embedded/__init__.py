"""PostgreSQL and Valkey as child processes, for `letmepost dev` and the tests.

Both are installed as wheels (the extra `dev-servers`), so the machine needs nothing else. A deployment never
imports this package.
"""

from letmepost.cli.embedded.children import DirectoryBusy, EmbeddedServerError, PortTaken, RunningServer
from letmepost.cli.embedded.postgres import start_postgres
from letmepost.cli.embedded.valkey import start_valkey

__all__ = [
    "DirectoryBusy",
    "EmbeddedServerError",
    "PortTaken",
    "RunningServer",
    "start_postgres",
    "start_valkey",
]
