"""ZakOps: action audit, agent and deal events, outbox, inbox, action documents. No hash chain anywhere."""

from console.formats.zakops.format import FORMAT as FORMAT
