"""What an event of a deal says of others: the approvals, overrides and materials behind a gate, and its evidence.

A gate's event names none of what satisfied it. So approvals, overrides and materials answer to a name made of the deal
and what they are for, and the gate names these.
"""

from console.formats.kernel.authority.judge import MATERIAL, OVERRIDE
from console.formats.kernel.authority.table import rules_of
from console.formats.relations import Relations, of_envelope
from console.model.event import Event


def relations(event: Event) -> Relations:
    """See ``console.formats.relations``."""
    ids, causes, about = of_envelope(event)
    deal = event.streams[0].key if event.streams else ""
    payload, references = event.document.get("payload"), event.document.get("evidenceRefs")
    holds = payload if isinstance(payload, dict) else {}
    texts = {name: value for name, value in holds.items() if isinstance(value, str) and value}
    evidence = [each for each in references if isinstance(each, str) and each] if isinstance(references, list) else []
    action, material, artifact = texts.get("action"), texts.get("materialId"), texts.get("artifactId")
    if event.type == "ApprovalGranted" and action:
        ids += (_name(deal, "approval", action),)
    elif event.type == OVERRIDE and action:
        ids += (_name(deal, "override", action),)
    elif event.type in MATERIAL and material:
        ids += (material, *([_name(deal, "material", texts["type"])] if "type" in texts else []))
        about += (("material", material),)
    elif event.type == "ArtifactUploaded" and artifact:
        ids += (artifact,)
        about += (("artifact", artifact),)
        evidence = [each for each in evidence if each != artifact]
    gate = rules_of().by_event.get(event.type)
    if gate is not None and gate.approvals is not None:
        wanted = [
            ("approval", gate.action),
            ("override", gate.action),
            *(("material", each) for each, _ in gate.materials),
        ]
        causes += tuple((how, _name(deal, how, what)) for how, what in wanted)
    causes += tuple(("evidence", each) for each in evidence)
    about += tuple(("artifact", each) for each in evidence)
    return Relations(ids, causes, about)


def _name(deal: str, how: str, what: str) -> str:
    return f"{deal} {how} {what}"
