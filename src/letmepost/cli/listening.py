"""Opens the sockets that servers accept connections on."""

import socket

from letmepost.cli.output import fail

EVERY_ADDRESS = ""
PORT_MAX = 65_535
_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Accept connections on an address; for `EVERY_ADDRESS`, on every IPv4 and IPv6 address of this machine.

    If that is not possible, the command ends with a message.
    """
    is_every = host == EVERY_ADDRESS and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if is_every or ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG, dualstack_ipv6=is_every)
    except OSError as error:
        shown = f"{host or '*'}:{port}"
        fail(f"Cannot listen on {shown}: {error.strerror or error}. Stop what listens there, or choose another port.")
