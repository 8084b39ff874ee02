"""Long proofs: `make prove` runs them in full and writes `docs/proof.md`."""
