"""What is wrong with a model as it is configured, and what this machine has for running one."""
