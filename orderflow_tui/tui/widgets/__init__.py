"""Widgets that draw rows through the line API."""
