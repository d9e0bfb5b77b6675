"""The worker beside the source, and web processes without one: requests and answers by way of PostgreSQL.

``mailbox`` has the tables. ``bridge`` is the worker's side: it runs what is asked for and answers questions.
``client`` is the side of a web process; ``queue`` takes its runs, and ``heard`` is what it knows of the worker.
"""
