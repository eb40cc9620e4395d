"""Resolves names with the resolver of the machine."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor


class NameLookup:
    """`addresses.Lookup` with getaddrinfo, in its own threads.

    A look-up can hang for many seconds, which the owner of a name can cause. It must not block the threads that read
    and write media files.
    """

    def __init__(self, workers: int = 32) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="lookup")

    async def __call__(self, host: str) -> list[str]:
        """Return every address of a name, in the resolver's order.

        Raises:
            OSError: the name has no address, or no name server answers.
        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, _ask, host)

    def close(self) -> None:
        """Close without waiting. Hanging look-ups are abandoned."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _ask(host: str) -> list[str]:
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in answers))
