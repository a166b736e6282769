.PHONY: check format pins sample

check:
	uv run python -m scripts.check

format:
	uv run ruff format .
	uv run ruff check --fix .

pins:
	uv run python -m scripts.pin

sample:
	uv run python -m scripts.make_sample
