"""What the networks of Meta share: the envelope and the codes of their Graph APIs, and how they sign what they send us.

May import what a platform may. Only what a network here really uses is written down.
"""
