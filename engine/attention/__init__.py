"""What needs attention: the rules, and the list that pages, the API and the command show."""
