"""The stage in which data is looked at and made ready."""
