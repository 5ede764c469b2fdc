"""What rules and thresholds are worth, measured on recorded symbol-days."""
