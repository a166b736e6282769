"""What holds for every test: nothing is traced, whatever the machine's environment says."""

import os

os.environ["LANGSMITH_TRACING"] = "false"  # before anything imports LangSmith, which remembers what it read
