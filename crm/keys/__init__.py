"""Keys for machines: who makes them, what they may, and how they are shown."""
