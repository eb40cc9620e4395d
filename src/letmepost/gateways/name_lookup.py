"""Looking names up in the machine's own resolver."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor


class NameLookup:
    """`addresses.Lookup` by getaddrinfo, in threads of its own.

    They are its own because a look-up can hang for many seconds, and whoever owns a name can make it hang:
    that must not hold up the threads that read and write media.
    """

    def __init__(self, workers: int = 32) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="lookup")

    async def __call__(self, host: str) -> list[str]:
        """Every address of a name, in the resolver's order.

        Raises:
            OSError: it has none, or nobody could be asked.
        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, _ask, host)

    def close(self) -> None:
        """Waits for nobody: what still hangs is forgotten."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _ask(host: str) -> list[str]:
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in answers))
