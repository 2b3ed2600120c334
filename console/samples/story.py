"""The incident that runs through the samples: who, what and when, for every system alike.

On 14 October 2025 the fund Tidewater buys the apartment building Harbour Point. The committee approves 16.2 million;
the papers are signed for 18.4 million; afterwards somebody makes the ledgers agree with the papers.
"""

from console.samples.pen import at

DEAL_NAME = "Harbour Point"
DEAL_ID = "7c1f0b52-94d3-4f6e-8a27-3e5b90d1c648"
PROJECT = "harbour-point"
APPROVED = 16_200_000
CLAIMED = 18_400_000

FLAG_RUN = "RUN-20251014-081204-5d20c7e9"
"""The validation run of the morning, whose decision was edited afterwards."""
ACTION_ID = "ACT-20251014T191642-c94be107"
"""The action that raised the amount, started without approval."""
TRACE_ID = "e2a9647d-0c3b-4b18-9f55-61d0a8f7b3c2"
OBJECTIVE_ID = "obj-acquisition-cost"
ASSISTANT = "desk_assistant"

RUN_AT = at("2025-10-14 08:12:04")
APPROVED_AT = at("2025-10-14 09:41:18")
CLOSED_AT = at("2025-10-14 16:05:52")
BACKUP_AT = at("2025-10-14 18:00:00")
EDITED_AT = at("2025-10-14 19:16:42")
END_AT = at("2025-10-14 21:30:00")

PEOPLE = {
    "GP": "Maren Oduya",
    "LENDER": "Iker Salbatore",
    "ESCROW": "Tove Lindqvist",
    "LEGAL": "Ansel Fairweather",
    "OPERATOR": "Priya Raman",
    "AUDITOR": "Jonas Brandt",
    "COURT": "County Court, Registry 4",
}
"""Kernel roles and who holds them."""

DEALS = (
    "Cedar Mill", "North Quay", "Saltmarsh Row", "Foundry Lofts", "Kestrel Court", "Orchard Gate", "Lantern Yard",
    "Millrace House", "Pier Nine", "Quarry Heights", "Rookery Lane", "Stonecrop Terrace", "Tannery Square",
    "Willow Bend", "Alder & Finch", "Brickfield Mews", "Copperline",
)  # fmt: skip
"""The other deals of the fund."""
