"""The console's own ledger: who opened, verified, searched and exported what, each entry linked to the one before."""

from console.formats.custody.format import FORMAT as FORMAT
