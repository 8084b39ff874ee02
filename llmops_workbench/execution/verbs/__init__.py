"""The operations on jobs; one file each."""
