"""Governance: which version is in use, who decided it and why, and where anything came from."""
