"""What the project claims about speed, runnable: `make bench`; each as a ratio in one run."""
