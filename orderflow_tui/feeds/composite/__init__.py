"""Two sources as one: the tape and its best bid and offer from the first, the book from the second."""
