"""Write messages: submit a mail, edit a draft."""
