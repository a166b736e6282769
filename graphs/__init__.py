"""The three agents, one graph per module, and the assistant that wires them together."""
