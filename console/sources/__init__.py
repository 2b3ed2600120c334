"""Containers: where records come from and how they grow. Bytes with offsets, no meaning."""
