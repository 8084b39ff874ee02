"""The whole life of a language model inside JupyterLab."""
