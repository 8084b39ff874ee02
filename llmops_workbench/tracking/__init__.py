"""Names, versions, lineage and judgments; the only room that imports mlflow."""
