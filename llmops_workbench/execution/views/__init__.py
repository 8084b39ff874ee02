"""Panels about work: a job while it runs, runs side by side, and what came out of them."""
