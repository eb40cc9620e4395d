"""What Meta's platforms share: the envelope and codes of their Graph APIs, and the signatures of their callbacks.

The import rules of platforms apply. Only what a platform here uses is implemented.
"""
