"""PostgreSQL, the source of truth. May import `domain`, `platforms` and SQLAlchemy: no HTTP, no Redis.

Every tenant table is protected twice: by forced row-level security, and by repositories that take the tenant in their
constructor. Classes named `EveryTenant…` cross tenants, under database roles of their own.
"""
