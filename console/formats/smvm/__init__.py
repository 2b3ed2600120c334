"""SMVM: events of market validation runs."""

from console.formats.protocol import Format
from console.formats.smvm.format import SmvmFormat

FORMAT: Format = SmvmFormat()
