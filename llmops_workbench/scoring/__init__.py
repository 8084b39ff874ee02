"""Metrics, checks and gate rules, with intervals and paired tests that can be trusted."""
