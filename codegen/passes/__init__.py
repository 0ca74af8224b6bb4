"""What turns one form into the next; each pass is one function named after what it does."""
