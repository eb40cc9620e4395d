"""The format of the server, and the refusal that only Threads has."""

from letmepost.platforms._meta.simulator.graph import (
    ConsentRefused,
    Parameters,
    Refused,
    json_reply,
    shown,
    wrong_parameter,
)

__all__ = ["ConsentRefused", "Parameters", "Refused", "json_reply", "not_found", "shown", "wrong_parameter"]


def not_found() -> Refused:
    """Return the refusal of an id that does not exist, or not yet."""
    return Refused("The requested resource does not exist", code=24, subcode=4279009)
