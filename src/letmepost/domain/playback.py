"""Plays a flow against canned replies: how flows are tested and previewed, without a socket."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from letmepost.domain.flow import Call, Flow, Instruction, Pause, Reply

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Transcript(Generic[T]):
    """What a flow yielded, in order, and what it returned or raised."""

    instructions: tuple[Instruction, ...]
    result: T | None = None
    error: Exception | None = None

    @property
    def calls(self) -> list[Call]:
        """The calls among the instructions."""
        return [instruction for instruction in self.instructions if isinstance(instruction, Call)]

    def value(self) -> T:
        """What the flow returned; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # a flow that returns None has T = None


def play(flow: Flow[T], *replies: Reply | Exception) -> Transcript[T]:
    """Run the flow, answering its calls with `replies` in turn (an exception is thrown into it).

    Stops at a `Pause`, as a worker does, and when the replies are used up: what was asked last is then the last
    instruction of the transcript.
    """
    seen: list[Instruction] = []
    try:
        _advance(flow, iter(replies), seen)
    except StopIteration as finished:
        return Transcript(tuple(seen), result=finished.value)
    except Exception as error:  # noqa: BLE001 - a transcript holds whatever the flow raised
        return Transcript(tuple(seen), error=error)
    finally:
        flow.close()
    return Transcript(tuple(seen))


def _advance(flow: Flow[T], replies: Iterator[Reply | Exception], seen: list[Instruction]) -> None:
    instruction = next(flow)
    while True:
        seen.append(instruction)
        if isinstance(instruction, Pause):
            return
        if not isinstance(instruction, Call):
            instruction = next(flow)
            continue
        answer = next(replies, None)
        if answer is None:
            return
        instruction = flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)


def first_calls(flow: Flow[object], replies: Sequence[Reply] = ()) -> list[Call]:
    """The calls a flow makes before it needs an answer that is not given: its preview."""
    return play(flow, *replies).calls
