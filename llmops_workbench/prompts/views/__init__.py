"""Panels about prompts."""
