"""One opened console, its worker, and headless use."""
