"""PostgreSQL, the truth. May import `domain`, `platforms` and SQLAlchemy: no HTTP, no Redis.

Every tenant table is behind two locks: forced row-level security, and repositories that take the organization in their
constructor. What crosses tenants is in `everyone.py` and runs under a role of its own.
"""
