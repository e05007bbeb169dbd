"""A local AWS for Trailwatch's demo and tests: ministack, with what real AWS does and ministack does not.

See docs/sandbox.md. ``sandbox.client`` is the only module that other code imports; it needs nothing but the
standard library.
"""
