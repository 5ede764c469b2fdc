"""Rows of text, made from views."""
