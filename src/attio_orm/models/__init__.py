"""Models: what users derive from, what an instance knows, how it is loaded and saved."""
