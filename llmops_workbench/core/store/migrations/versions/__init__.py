"""One module a format; the file's number is the format's number."""
