"""The entrance: what stands between a stranger and a sign-in, and what somebody signed in with."""
