"""Login: who makes a request, the login page, logging out, and what each may see and start."""
