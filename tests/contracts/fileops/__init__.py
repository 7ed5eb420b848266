"""Standing between a process and its files: watch.c asks before each operation, watch.py decides, power.py rebuilds a disk."""
