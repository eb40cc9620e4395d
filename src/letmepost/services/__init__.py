"""Use cases: the order of their steps, and their transactions. Independent of FastAPI and of the job queue."""
