"""Pure building blocks: chain walk, order, references, the catalogue of findings. Bytes in, verdicts out."""
