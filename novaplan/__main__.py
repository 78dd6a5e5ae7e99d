"""``python -m novaplan`` is ``novaplan``."""

from novaplan.cli import main

if __name__ == "__main__":
    main()
