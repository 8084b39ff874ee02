"""Words in any script, duplicates, language, personal data, templates, embeddings.

Everything here works on plain strings and arrays, with no network and no language model: who
needs a model's tokenizer hands one in.
"""
