"""Bytes from elsewhere: partial files that later attempts continue, patience, checksums."""
