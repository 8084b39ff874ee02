"""Real datasets that need no hub: each is fetched out of a package, and never vendored."""
