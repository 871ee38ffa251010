"""PostgreSQL, Valkey and an S3 service from pip wheels, for one machine.

Nothing here imports Django: the stack runs before the product can.
"""
