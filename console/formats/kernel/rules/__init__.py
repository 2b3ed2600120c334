"""What an event of the kernel must look like, what it does to its deal, and what its deal allows."""
