"""SWARM: event logs of simulations, with deterministic provenance ids."""

from console.formats.protocol import Format
from console.formats.swarm.format import SwarmFormat

FORMAT: Format = SwarmFormat()
