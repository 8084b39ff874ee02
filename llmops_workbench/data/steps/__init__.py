"""The steps of a recipe, one in a file: adding a step is adding a file."""
