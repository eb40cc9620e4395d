"""Pages for people in browsers. They run no script, load nothing but a logo, and hold no key."""
