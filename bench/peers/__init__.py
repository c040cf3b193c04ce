"""Public parsers of ModSecurity's logs, each installed by the benchmark in its own directory."""
