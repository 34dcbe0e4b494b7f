"""The executor: a child process in which statements run, so that the web process never waits."""
