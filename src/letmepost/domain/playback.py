"""Plays a flow against given replies, to test and preview it without a socket."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from letmepost.domain.flow import Call, Flow, Instruction, Pause, Reply, Upload

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Transcript(Generic[T]):
    """The instructions of a flow in order, and what it returned or raised."""

    instructions: tuple[Instruction, ...]
    result: T | None = None
    error: Exception | None = None

    @property
    def calls(self) -> list[Call]:
        """Return the calls among the instructions."""
        return [instruction for instruction in self.instructions if isinstance(instruction, Call)]

    def value(self) -> T:
        """Return the result of the flow, or raise its error."""
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]  # a flow that returns None has T = None


def play(flow: Flow[T], *replies: Reply | Exception) -> Transcript[T]:
    """Run the flow, and answer its calls and uploads with `replies` in turn (an exception is thrown into it).

    Stops at a `Pause`, like a worker, and when there are no more replies. The unanswered call is then the last
    instruction of the transcript.
    """
    seen: list[Instruction] = []
    try:
        _advance(flow, iter(replies), seen)
    except StopIteration as finished:
        return Transcript(tuple(seen), result=finished.value)
    except Exception as error:  # noqa: BLE001 - a transcript contains any error of the flow
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
        if not isinstance(instruction, Call | Upload):
            instruction = next(flow)
            continue
        answer = next(replies, None)
        if answer is None:
            return
        instruction = flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)


def first_calls(flow: Flow[object], replies: Sequence[Reply] = ()) -> list[Call]:
    """Return the calls that a flow makes before it needs a reply that is not given: its preview.

    Of an upload, it has the call that sends the first part.
    """
    said = play(flow, *replies).instructions
    return [one.part(0) if isinstance(one, Upload) else one for one in said if isinstance(one, Call | Upload)]
