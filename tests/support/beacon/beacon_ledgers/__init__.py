"""Lamp logs of lighthouses, for audit-console: a system in a package of its own."""

from .format import BeaconFormat

FORMAT = BeaconFormat()
