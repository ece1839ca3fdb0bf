"""The storm: every promise of docs/delivery.md at once, while everything breaks.

`make storm` runs two servers and two workers on a private PostgreSQL and Redis, clients written
against the contract, writers, and a hand that kills, freezes, cuts off and floods by a seeded
plan. Then it is calm, and everything is counted.
"""
