"""``python -m console`` is ``audit-console``."""

from console.cli.main import main

if __name__ == "__main__":
    main()
