"""What a command prints if it is not known whether its request was performed."""

from collections.abc import Iterator
from contextlib import contextmanager

from letmepost.cli.publishing.failures import UNKNOWN, report_api_error, report_connection_failure, warn
from letmepost.cli.publishing.session import CommandSession

_SERVER_ERROR = 500


@contextmanager
def explain_doubt(session: CommandSession, options: str) -> Iterator[None]:
    """Print how to repeat the command safely, and exit with 3, if a call has no response or one of a broken server.

    Args:
        options: the options with which the command sends the same request again.
    """
    from letmepost_client import ApiError, ConnectionFailed

    try:
        yield
    except ApiError as error:
        if error.status < _SERVER_ERROR:
            raise
        _explain(options)
        report_api_error(error, mode=session.mode, as_json=session.as_json, code=UNKNOWN)
    except ConnectionFailed as error:
        _explain(options)
        url = session.credentials.url
        report_connection_failure(error, url=url, mode=session.mode, as_json=session.as_json, code=UNKNOWN)
    except KeyboardInterrupt:
        _explain(options)
        raise


def _explain(options: str) -> None:
    warn(
        "It is not known whether the post was accepted. To find out, run the same command again with the options below."
        f"\nIt publishes at most once:\n  {options}"
    )
