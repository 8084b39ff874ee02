"""Panels about how good a model is."""
