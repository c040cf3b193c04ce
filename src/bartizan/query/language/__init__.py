"""The search language: from text to a `domain.expression`, back, and what could come next."""
