"""A page of a list costs what a page costs, however much the tenant owns."""

from sqlalchemy import text

from letmepost.storage.database import Connection, Database
from letmepost.storage.posts.posts import PostFilter, PostRepository
from tests.storage.support import Admin, make_owner

PAGE = 20
TENANTS, BATCHES, POSTS_EACH = 5, 10, 50
# A row of each of the four tables, and as much again for what else a plan may look at.
ROWS_READ_MAX = PAGE * 4 * 2


async def test_a_page_of_posts_reads_only_the_rows_that_it_shows(database: Database, admin: Admin) -> None:
    for _ in range(TENANTS):  # among others, whom row-level security makes PostgreSQL expect everywhere
        owner = await make_owner(database)
        account_id = await owner.account()
        for _ in range(BATCHES):
            await owner.posts([account_id] * POSTS_EACH, ready_in_s=86_400)
    await admin.do("ANALYZE posts, batches, post_revisions, accounts")

    async with database.tenant(owner.tenant) as connection:
        posts = PostRepository(connection, owner.tenant)
        before = await _rows_read(connection)
        first = await posts.list_page(PostFilter(), before=None, limit=PAGE)
        second = await posts.list_page(PostFilter(), before=first[-1].post.id, limit=PAGE)
        rows_read = await _rows_read(connection) - before

    ids = [view.post.id for view in first + second]
    assert len(ids) == 2 * PAGE
    assert ids == sorted(ids, reverse=True)
    assert rows_read <= 2 * ROWS_READ_MAX


async def _rows_read(connection: Connection) -> int:
    """How many rows this transaction has read so far."""
    found = await connection.scalar(
        text("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables")
    )
    return int(found)
