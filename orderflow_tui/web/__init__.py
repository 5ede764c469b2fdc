"""The dashboard in a browser, through textual-serve."""
