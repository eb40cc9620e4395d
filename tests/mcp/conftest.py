"""A deployment for the tests of the MCP server, and a tenant for each test."""

from tests.http.fixtures import admin, client, service, service_urls, tenant

__all__ = ["admin", "client", "service", "service_urls", "tenant"]
