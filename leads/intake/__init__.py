"""What strangers send is understood here: their words for a lead's fields, and each one's way."""
