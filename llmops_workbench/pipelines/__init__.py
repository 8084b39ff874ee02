"""Notebooks as steps: templates made from operations, graphs of them, their cache and runs."""
