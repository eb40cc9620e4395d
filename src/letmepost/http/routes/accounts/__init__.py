"""Routes that connect, check and disconnect accounts."""
