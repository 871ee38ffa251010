"""Units, people, posts and authority: who is where, and who may act."""
