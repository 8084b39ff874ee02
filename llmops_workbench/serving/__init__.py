"""Serving: a model version behind the OpenAI protocol, with a key, and every request kept."""
