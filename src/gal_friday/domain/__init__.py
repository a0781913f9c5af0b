"""Words and numbers of the trade: everything here is pure and knows no other room."""
