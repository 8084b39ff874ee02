"""Prompts: written, versioned, and tested side by side on the rows of a dataset."""
