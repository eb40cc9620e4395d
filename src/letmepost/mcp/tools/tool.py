"""What a tool is."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from letmepost_client import AsyncClient
from mcp.types import Tool as ToolDescription
from mcp.types import ToolAnnotations

from letmepost.mcp.schemas import Arguments, ToolResult, schema_of, with_mode

A = TypeVar("A", bound=Arguments)
R = TypeVar("R", bound=ToolResult)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that agents can call.

    Attributes:
        description: how the tool is listed: its name, text, schemas and annotations.
        arguments: what the function accepts.
        run: calls the API; returns the result.
    """

    description: ToolDescription
    arguments: type[Arguments]
    run: Callable[[AsyncClient, Any], Awaitable[ToolResult]]


def tool(
    title: str,
    *,
    is_read_only: bool = False,
    is_destructive: bool = False,
    reaches_platforms: bool = False,
) -> Callable[[Callable[[AsyncClient, A], Awaitable[R]]], Tool]:
    """Turn a function into a tool. Its name, its docstring and its types describe the tool.

    Args:
        title: the name of the tool for people.
        is_read_only: True if the tool changes nothing.
        is_destructive: True if what the tool does cannot always be undone.
        reaches_platforms: True if the tool affects social networks, not only what this service stores.
    """

    def decorate(function: Callable[[AsyncClient, A], Awaitable[R]]) -> Tool:
        hints = get_type_hints(function)
        arguments: type[Arguments] = hints["given"]
        result: type[ToolResult] = hints["return"]
        return Tool(
            description=ToolDescription(
                name=function.__name__,
                title=title,
                description=inspect.getdoc(function),
                input_schema=schema_of(arguments, "validation"),
                output_schema=with_mode(schema_of(result, "serialization")),
                annotations=ToolAnnotations(
                    read_only_hint=is_read_only,
                    destructive_hint=is_destructive,
                    idempotent_hint=True,  # what creates something takes an idempotency key
                    open_world_hint=reaches_platforms,
                ),
            ),
            arguments=arguments,
            run=function,
        )

    return decorate
