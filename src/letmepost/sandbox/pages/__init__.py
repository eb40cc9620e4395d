"""Pages for browsers: what followers of the simulated accounts see. They load nothing and run no scripts."""
