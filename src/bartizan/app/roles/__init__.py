"""One module per process role. Each has `run(settings)`, which returns when the role was stopped."""
