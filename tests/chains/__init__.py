"""Tests of `chains`."""
