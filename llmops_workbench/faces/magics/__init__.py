"""The magics `%llmops` and `%%llmops`, and their completion."""
