"""The web application and what every page shares."""
