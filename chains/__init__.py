"""LCEL pipes and their prompts: each module builds one kind of chain."""
