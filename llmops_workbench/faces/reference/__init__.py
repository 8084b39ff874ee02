"""The reference pages, made from the operations, the registries and the tables of the store."""
