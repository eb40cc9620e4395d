"""How a try begins."""

from letmepost.services.callers import new_id
from letmepost.services.platform_clock import platform_clock
from letmepost.services.publishing.attempt import Attempt
from letmepost.services.publishing.dependencies import Tools
from letmepost.services.publishing.journal import RunJournal, in_platform_time
from letmepost.services.publishing.sender import sender
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.journals import JournalRepository
from letmepost.storage.publishing.runs import RunRepository

FREEZING_ENTROPY_BYTES = 16


async def begin(tools: Tools, claim: Claim) -> Attempt:
    """Load a claimed post and count the try.

    Raises:
        LostLeaseError: it is not ours any more.
    """
    now, attempt_id = tools.clock.now(), new_id(tools.clock)
    async with tools.database.tenant(claim.tenant) as connection:
        run = RunRepository(connection, claim, tools.keyring)
        loaded = await run.begin(attempt_id, now, tools.clock.entropy(FREEZING_ENTROPY_BYTES))
        post = loaded.post
        is_first = post.attempt_count == 1  # nothing can be on record yet
        journal = JournalRepository(connection, claim, post.revision, tools.keyring)
        time = await platform_clock(connection, claim.tenant, tools.clock)
        steps = (
            {} if is_first else {name: in_platform_time(step, time) for name, step in (await journal.load()).items()}
        )
    access = tools.worlds.access(post.platform, claim.tenant.mode, claim.tenant.organization_id)
    return Attempt(
        tools=tools,
        claim=claim,
        id=attempt_id,
        began_at=now,
        post=post,
        account=loaded.account,
        stored_content=loaded.content,
        frozen=loaded.frozen,
        steps=steps,
        access=access,
        time=time,
        sender=sender(tools, claim, access, time, loaded, steps),
        journal=RunJournal(tools.database, tools.keyring, claim, post.revision, time),
        pause=loaded.pause,
    )
