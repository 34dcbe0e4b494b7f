"""Files that outlive a process: where results are kept."""
