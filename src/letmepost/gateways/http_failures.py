"""What a broken call means: surely not executed, or perhaps."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from letmepost.domain.errors import NoReply, NotSent, SendFailure
from letmepost.gateways.connections import Progress
from letmepost.gateways.destinations import Origin


@contextmanager
def honest_failures(origin: Origin, progress: Progress) -> Iterator[None]:
    """Turns what the library raises into NotSent or NoReply, by how far the request had come.

    The library's exception is dropped, cause and all: it carries the whole URL and the request's headers,
    either may hold a token, and tracebacks end up in logs.
    """
    try:
        yield
    except SendFailure:
        raise
    except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
        if progress.connected_at_s is None:
            raise NotSent(_why_not_sent(error, origin)) from None
        if isinstance(error.__cause__, NoReply):  # raised by the body that was being sent
            raise error.__cause__ from None
        raise NoReply(_why_no_reply(error, origin, progress)) from None


def _why_not_sent(error: Exception, origin: Origin) -> str:
    match error:
        case TimeoutError():
            return f"{origin} accepted no connection in time."
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "it is for another name")
            return f"The TLS certificate of {origin} is not valid: {reason}."
        case aiohttp.ClientConnectorSSLError():
            return f"{origin} does not speak TLS as we do: {error.strerror or 'handshake failed'}."
        case aiohttp.ClientConnectorError():
            return f"{origin} could not be connected to: {error.os_error.strerror or 'unknown reason'}."
    return f"{origin} could not be connected to."


def _why_no_reply(error: Exception, origin: Origin, progress: Progress) -> str:
    match error:
        case TimeoutError():
            return f"{origin} kept us waiting for more than {progress.timeout_s:g} s."
        case aiohttp.ClientPayloadError():
            return f"The answer of {origin} broke off."
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return f"{origin} answered with something that is not HTTP, or with more headers than we take."
    return f"{origin} closed the connection before it answered."
