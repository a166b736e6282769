"""Measurements, one file for each question they answer."""
