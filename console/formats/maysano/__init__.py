"""Maysano: structural events, product activities, objective history, and captures of the batch auto-setup."""

from console.formats.maysano.format import FORMAT as FORMAT
