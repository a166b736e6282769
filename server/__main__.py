"""`python -m server` is `pageloom`."""

import sys

from server.cli import main

if __name__ == "__main__":  # pragma: no branch - it is run, never imported
    sys.exit(main())
