"""Colors, text and blocks that everything painted is made of."""
