"""The MCP server: tools for agents, over stdio and streamable HTTP.

Every tool calls the API with the caller's key through the Python client, so authentication, tenancy, rate limits and
idempotency are those of the API.
"""
