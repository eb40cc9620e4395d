"""What Meta's platforms share: Facebook Login, the calls, errors and limits of their Graph APIs, and their callbacks.

The import rules of platforms apply. Only what a platform here uses is implemented.
"""
