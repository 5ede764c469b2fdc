"""Databento: one venue's book of ten levels, its prints with their sides, over the raw live protocol."""
