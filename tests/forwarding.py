"""What a proxy passes on."""

from collections.abc import Mapping

_OF_ONE_CONNECTION = {"connection", "content-encoding", "content-length", "host", "keep-alive", "transfer-encoding"}


def forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a message without those that describe its connection and its encoding."""
    return {name: value for name, value in headers.items() if name not in _OF_ONE_CONNECTION}
