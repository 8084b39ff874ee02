"""Monitoring: what an endpoint is asked today against what it was made for."""
