"""Being told outside the screen: a command of the user's, the desktop, push services."""
