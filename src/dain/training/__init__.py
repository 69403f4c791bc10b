"""How the weights of `dain-lite` came to be."""
