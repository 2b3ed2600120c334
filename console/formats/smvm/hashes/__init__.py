"""What SMVM's hashes cover: payloads, the files of a run, and how that is proved."""
