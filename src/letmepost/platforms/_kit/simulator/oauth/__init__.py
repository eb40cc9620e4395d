"""An OAuth 2.0 server: a consent page, a token endpoint, and the codes and tokens that they issue.

Sources: RFC 6749 (authorization code, refresh token, client authentication), RFC 6750 (bearer tokens), RFC 7636 (PKCE);
all read 2026-11-22.
"""
