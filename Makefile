.PHONY: check env format pins sample

check:
	uv run python -m scripts.check

env:
	uv run python -m scripts.env_example

format:
	uv run ruff format .
	uv run ruff check --fix .

pins:
	uv run python -m scripts.pin

sample:
	uv run python -m scripts.make_sample
