"""Fine-tuning: rows become tokens, tokens become an adapter or new weights, as a resumable job."""
