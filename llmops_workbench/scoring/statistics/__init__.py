"""Intervals, paired tests, agreement and two-sample tests, written in NumPy."""
