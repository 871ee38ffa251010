"""Everything that reaches a person live: conversations, receipts, work notices."""
