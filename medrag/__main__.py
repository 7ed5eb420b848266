"""`python -m medrag`: the command line."""

import sys

from medrag.cli import main

if __name__ == "__main__":
    sys.exit(main())
