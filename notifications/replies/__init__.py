"""Read what approvers answer by mail and SMS."""
