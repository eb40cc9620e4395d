"""Pages for end users in browsers. They run no scripts, load nothing except a logo, and contain no API key."""
