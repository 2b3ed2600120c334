"""What each of the three shapes says about entities, products and objectives, in its own fields."""

STRUCTURAL = "{entityType} {entityName}[: {metadata.field}][ {metadata.old} → {metadata.new}][, {metadata.status}]"
ACTIVITY = "{description}[, by {performedBy}]"
HISTORY = "{summary}[: {field} {oldValue} → {newValue}][, by {performedBy}]"

TEMPLATES = (STRUCTURAL, ACTIVITY, HISTORY)
