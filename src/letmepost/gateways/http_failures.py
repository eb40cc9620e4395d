"""Translates broken calls into "surely not executed" or "perhaps executed"."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from letmepost.domain.errors import NoReply, NotSent, SendFailure
from letmepost.gateways.connections import Progress
from letmepost.gateways.destinations import Origin


@contextmanager
def translate_failures(origin: Origin, progress: Progress) -> Iterator[None]:
    """Translate the errors of the library into NotSent or NoReply, by the progress of the request.

    The library's exception is dropped, with its cause: it contains the whole URL and the request's headers, which may
    contain a token, and tracebacks are logged.
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
            return f"{origin} did not accept a connection in time."
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "it is for another name")
            return f"The TLS certificate of {origin} is not valid: {reason}."
        case aiohttp.ClientConnectorSSLError():
            return f"{origin} does not support a compatible version of TLS: {error.strerror or 'handshake failed'}."
        case aiohttp.ClientConnectorError():
            return f"Cannot connect to {origin}: {error.os_error.strerror or 'unknown reason'}."
    return f"Cannot connect to {origin}."


def _why_no_reply(error: Exception, origin: Origin, progress: Progress) -> str:
    match error:
        case TimeoutError() if progress.is_stalled:
            return f"{origin} did not accept more of the request for {progress.idle_s:g} s."
        case TimeoutError():
            return f"{origin} did not respond within {progress.timeout_s:g} s."
        case aiohttp.ClientPayloadError():
            return f"The response of {origin} is incomplete."
        case aiohttp.ClientResponseError() | HttpProcessingError():
            return f"The response of {origin} is not valid HTTP, or has too many headers."
    return f"{origin} closed the connection before it responded."
