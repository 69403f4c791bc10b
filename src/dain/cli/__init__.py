"""The command line: thin faces over the Python interface, heavy imports inside the commands."""
