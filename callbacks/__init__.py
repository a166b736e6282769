"""LangChain callback handlers, one per module."""
