"""The REST face: plain functions from a request to an answer, which a Jupyter server binds."""
