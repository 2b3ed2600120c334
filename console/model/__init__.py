"""Plain frozen types that every room shares. Imports nothing of ours."""
