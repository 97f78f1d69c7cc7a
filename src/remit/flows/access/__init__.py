"""Who may use this server: tokens for programs, sign-ins for people, and the role that a provider's claims give."""
