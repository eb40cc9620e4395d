"""Runs flows with real requests.

`drive` runs a flow without a journal (connecting, refreshing, looking up). `flow_run` runs publish flows.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from letmepost.domain.errors import FailureKind, NoReply, NotSent, PlatformFailure, Unaddressable
from letmepost.domain.flow import Call, Extra, Flow, Instruction, Live, Part, Reply, Upload
from letmepost.gateways.destinations import AddressRefused, NameUnresolved

T = TypeVar("T")
SendCall = Callable[[Call], Awaitable[Reply]]

INSTRUCTIONS_MAX = 1000
"""How many instructions in a row may bring no progress. A read or a write is none; a step or a report is, once."""


class EndlessFlowError(Exception):
    """A platform's flow has a defect: it never ends, and would block its post."""


async def drive(flow: Flow[T], send: SendCall) -> T:
    """Run a flow without a journal, and return its result.

    Raises:
        PlatformFailure: the platform refused, or could not be reached.
        EndlessFlowError: the flow does not end.
    """

    async def do(instruction: Instruction) -> Reply | None:
        if not isinstance(instruction, Call):
            message = f"{type(instruction).__name__} has no meaning in a flow without a journal"
            raise TypeError(message)
        try:
            return await send(instruction)
        except (AddressRefused, NameUnresolved) as failure:
            raise Unaddressable(str(failure)) from failure
        except (NotSent, NoReply) as failure:
            raise PlatformFailure(FailureKind.UNAVAILABLE, str(failure)) from failure

    return await run_with(do, flow)


async def run_with(do: Callable[[Instruction], Awaitable[Reply | None]], flow: Flow[T]) -> T:
    """Run a flow, and return its result. `do` executes an instruction; its reply or failure goes back to the flow.

    Raises:
        PlatformFailure: the flow did not handle it.
        EndlessFlowError: the flow does not end.
    """
    try:
        instruction = next(flow)
        done: set[Hashable] = {None}
        idle_count = 0
        while idle_count < INSTRUCTIONS_MAX:
            progress = _progress(instruction)
            idle_count = idle_count + 1 if progress in done else 0
            done.add(progress)
            try:
                reply = await do(instruction)
            except PlatformFailure as failure:
                instruction = flow.throw(failure)
            else:
                instruction = next(flow) if reply is None else flow.send(reply)
        raise EndlessFlowError(instruction)
    except StopIteration as finished:
        result: T = finished.value
        return result
    finally:
        flow.close()


def _progress(instruction: Instruction) -> Hashable:
    """Return what an instruction achieves, to detect repetitions; None if a flow can repeat it without end."""
    match instruction:
        case Call() | Upload():
            return instruction.step
        case Part() | Live() | Extra():
            return instruction
    return None
