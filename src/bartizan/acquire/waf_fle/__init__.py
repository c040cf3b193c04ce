"""Events out of a WAF-FLE database, as the entries they came from."""
