"""The set-up of a business without the API: a wizard to begin with, and a page for each thing."""
