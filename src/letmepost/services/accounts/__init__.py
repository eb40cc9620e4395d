"""Use cases that connect, maintain and disconnect accounts."""
