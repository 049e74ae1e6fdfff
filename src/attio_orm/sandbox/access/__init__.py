"""Who may do what in a workspace: tokens, their scopes, and the apps that ask for them."""
