"""The tools that agents can call."""

from letmepost.mcp.tools import accounts, events, media, posts

TOOLS = {tool.description.name: tool for tool in (*accounts.TOOLS, *posts.TOOLS, *media.TOOLS, *events.TOOLS)}
"""Every tool by its name, in the order in which they are listed."""
