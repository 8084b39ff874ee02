"""Evaluation: scores with intervals, a baseline on the same rows, and gates that remember."""
