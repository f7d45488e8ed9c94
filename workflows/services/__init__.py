"""Other services: what each may do, and how it proves that it is calling."""
