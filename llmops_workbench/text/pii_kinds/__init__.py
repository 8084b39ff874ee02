"""What is found in texts: each module registers kinds of personal data with `text.pii.kinds`."""
