"""One file a check, or a family of checks; each registers what it holds."""
