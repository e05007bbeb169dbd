"""The benchmark: what a run of Trailwatch costs beside plain Ansible tasks and beside plain boto3. Linux only.

``make bench`` runs it against the sandbox; ``python -m benchmarks --help`` tells the options. No test uses it.
"""
