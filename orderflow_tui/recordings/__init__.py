"""What the rules were fed, kept on disk so that every alert can be made again byte for byte."""
