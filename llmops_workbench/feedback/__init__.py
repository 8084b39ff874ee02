"""Human feedback: judgments that are never lost or doubled, and how far people agree."""
