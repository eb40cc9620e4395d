"""Use cases for organizations, API keys, profiles, quotas and pauses."""
