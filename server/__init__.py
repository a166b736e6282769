"""The composition root: settings, command line, HTTP application and LangServe mount."""

import os

# LangGraph reads it once, when it is imported: checkpoints give back plain types only, whatever a file claims to hold.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
