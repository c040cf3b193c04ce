"""One module per process role. Each has `run(settings)`, which returns when it was stopped."""
