"""Recorded sessions in the formats they come in, each as the events the core is fed."""
