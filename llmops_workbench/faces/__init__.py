"""The faces of every operation: Python, magic, shell, form and the parts that they share."""
