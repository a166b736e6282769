"""One outside thing per module: PDF reading, OCR, splitting, the knowledge store, embeddings and models."""
