"""What Listgate sends to people: letters, their templates, composition and delivery."""
