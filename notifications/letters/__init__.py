"""Write, render and send the letters that Listgate sends to people."""
