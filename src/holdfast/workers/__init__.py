"""Workers: each calls one use case for what is due."""
