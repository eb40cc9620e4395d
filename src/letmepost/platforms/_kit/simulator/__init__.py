"""What the platforms' simulators share: routing, JSON, scenarios, and an OAuth 2.0 server with a consent page.

It is as pure as the simulators: state, time and entropy come with each call. It contains no limit, no error text and no
header name of a platform: each simulator states those itself, from its fact sheet. Only the errors of RFC 6749 are
here. Flows never import it.
"""
