"""Leadbell measured against its peer (bench/peer) and against what bounds it.

`python -m bench [rows...]`. The load comes from a process of its own (bench/load.py), the same
for every server. docs/performance.md says what is demanded.
"""
