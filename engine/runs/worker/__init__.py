"""The worker beside the source, and web processes without one: requests and answers by way of PostgreSQL.

``mailbox`` has the tables. ``bridge`` is the worker's side: it runs what is asked for, answers questions and
reports. ``client`` is the side of a web process, which asks and hears; ``queue`` takes its runs.
"""
