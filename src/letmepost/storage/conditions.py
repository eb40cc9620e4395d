"""Conditions that hold only when something is asked for."""

from typing import TypeVar

from sqlalchemy import Column, ColumnElement, true

T = TypeVar("T")


def equals_if_given(column: Column[T], value: T | None) -> ColumnElement[bool]:
    """`column = value`; nothing for None."""
    return true() if value is None else column == value


def below_if_given(column: Column[T], value: T | None) -> ColumnElement[bool]:
    """`column < value`; nothing for None."""
    return true() if value is None else column < value
