"""Configures the format of logs: lines for people on a terminal, JSON for everything else."""

import logging
import sys

import structlog


def configure_logs(*, as_json: bool) -> None:
    """Configure structlog and the logging of the standard library to write to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if as_json:
        shared += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        # The tracebacks of `rich` show local variables, and so keys and passwords.
        plain = structlog.dev.plain_traceback
        shared += [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    structlog.configure(
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),  # one write for each line: processes share the stream
        cache_logger_on_first_use=as_json,  # a terminal gets few lines, and standard error may change
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
