"""Makes the sample ledgers: invented, deterministic, healthy and tampered, from the documents of the five systems.

Nothing of the console's own verification is used: hashes are computed here straight from the documented recipes, so
that the samples are an independent witness of the verifiers.
"""
