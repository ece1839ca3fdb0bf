"""Files of leads: what a table in them says, whose lead each row is, and how it becomes one."""
