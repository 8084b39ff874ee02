"""The resources of the REST face, one file a noun; importing a file adds its routes."""
