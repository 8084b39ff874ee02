"""One file a metric, or a family of metrics; each registers what it holds."""
