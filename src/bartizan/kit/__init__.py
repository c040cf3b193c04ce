"""What the standard library lacks: clock, ids, text, bounded reads, metrics, log."""
