"""The commands, one module each with `run(args)`; imported when they are run, so that `--help` need not wait."""
