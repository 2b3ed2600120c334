"""Maysano's three queries on ledgers instead of its API: structural events, activities of a product, history of an
objective.

Source: "Querying Events" in its document. As filters of the console they are ``entity:kpi/*``, ``product:ID -entity:*``
and ``objective:ID -entity:*``.
"""

from collections.abc import Sequence
from typing import Any

from console.library.reading import AnyPath, by_time, documents, events_of, in_thread
from console.model.event import Event

__all__ = [
    "aobjective_history",
    "aproduct_activities",
    "astructural_events",
    "objective_history",
    "product_activities",
    "structural_events",
]

FORMAT = "maysano"
HERE = (".",)


def structural_events(
    entity_type: str | None = None, *, paths: AnyPath | Sequence[AnyPath] = HERE
) -> list[dict[str, Any]]:
    """Structural events, of this type of entity (None: all), oldest first: ``GET /api/structural-events``.

    >>> structural_events("kpi", paths=[])
    []
    """
    return _of("structural events", "entityType", entity_type, paths)


def product_activities(product_id: str | int, *, paths: AnyPath | Sequence[AnyPath] = HERE) -> list[dict[str, Any]]:
    """Activities of a product, oldest first: ``GET /api/products/:id/activities``.

    >>> product_activities("product-1", paths=[])
    []
    """
    return _of("product activities", "productId", str(product_id), paths)


def objective_history(objective_id: str | int, *, paths: AnyPath | Sequence[AnyPath] = HERE) -> list[dict[str, Any]]:
    """Changes of an objective, oldest first: ``GET /api/objectives/:id/history``.

    >>> objective_history("obj-occupancy", paths=[])
    []
    """
    return _of("objective history", "objectiveId", str(objective_id), paths)


async def astructural_events(
    entity_type: str | None = None, *, paths: AnyPath | Sequence[AnyPath] = HERE
) -> list[dict[str, Any]]:
    """``structural_events`` for programs that must not wait."""
    return await in_thread(structural_events, entity_type, paths=paths)


async def aproduct_activities(
    product_id: str | int, *, paths: AnyPath | Sequence[AnyPath] = HERE
) -> list[dict[str, Any]]:
    """``product_activities`` for programs that must not wait."""
    return await in_thread(product_activities, product_id, paths=paths)


async def aobjective_history(
    objective_id: str | int, *, paths: AnyPath | Sequence[AnyPath] = HERE
) -> list[dict[str, Any]]:
    """``objective_history`` for programs that must not wait."""
    return await in_thread(objective_history, objective_id, paths=paths)


def _of(shape: str, field: str, value: str | None, paths: AnyPath | Sequence[AnyPath]) -> list[dict[str, Any]]:
    from console.formats.maysano.record import shape_of, text

    def wanted(event: Event) -> bool:
        return shape_of(event.document) == shape and (value is None or text(event.document.get(field)) == value)

    return documents(by_time(read for read in events_of(FORMAT, paths) if wanted(read.event)))
