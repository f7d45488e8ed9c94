"""Other services: how they prove who they are, and what administrators decide about them."""
