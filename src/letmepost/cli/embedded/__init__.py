"""PostgreSQL and Valkey as children of this process, for `letmepost dev` and the tests.

Both come as wheels (the extra `dev-servers`), so nothing needs to be installed on the machine. A deployment
never imports this package.
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
