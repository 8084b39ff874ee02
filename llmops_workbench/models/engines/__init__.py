"""One module an engine; a module dropped in here is found by the registry."""
