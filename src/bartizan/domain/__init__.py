"""The vocabulary: transactions, rule matches, sensors, searches. Data only, no I/O."""
