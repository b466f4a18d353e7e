"""The dock's controls: they show, and emit signals; what happens then is decided elsewhere."""
