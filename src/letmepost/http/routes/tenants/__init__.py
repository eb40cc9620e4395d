"""Organizations with their keys, profiles, quotas and pauses. Over HTTP."""
