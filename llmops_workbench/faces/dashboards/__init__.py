"""The stand-alone dashboard: the same panels, for people without JupyterLab."""
