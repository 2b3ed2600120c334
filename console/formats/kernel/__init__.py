"""Kernel: the deal ledger with a hash chain, as its API, its portal's table and its evidence packs hold it."""

from console.formats.kernel.format import FORMAT as FORMAT
