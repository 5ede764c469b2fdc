"""Screens: the dashboard, a symbol, the history, and the dialogs over them."""
