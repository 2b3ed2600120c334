"""Captures of Maysano's batch auto-setup, one after the other, each growing block by block."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from console.library.log_file import locked
from console.samples.drill.planted import Planted
from console.samples.pen import Dice, Document, compact, millis

TABLES = ("rent_roll", "tenants", "leases", "closing_costs")


class SetUpsDrill:
    """One capture at a time; the last one is left as it is when the drill ends."""

    def __init__(self, root: Path, dice: Dice, clock: Callable[[], datetime]) -> None:
        self._root, self._dice, self._clock = root, dice, clock
        self._name = ""
        self._records = 0
        self._blocks = self._set_ups()
        (root / "maysano").mkdir(parents=True, exist_ok=True)

    def healthy(self) -> None:
        self._write(*next(self._blocks))

    @property
    def faults(self) -> Mapping[str, Callable[[], Planted]]:
        return {"start": self._never_started, "order": self._begins_again}

    def _set_ups(self) -> Iterator[tuple[str, Document]]:
        number = 0
        while True:
            number += 1
            self._name, self._records = f"maysano/batch-setup-{number}.sse", 0
            yield "recommend_phase_start", {"totalTables": len(TABLES)}
            for table in TABLES:
                yield "recommend_start", {"table": table}
            for table in TABLES:
                failed = self._dice.below(6) == 0
                yield ("recommend_error" if failed else "recommend_complete"), {"table": table}
            yield "recommend_phase_done", {}
            checks = [f"check_{self._dice.hex(4)}" for _ in range(3)]
            yield "create_phase_start", {"totalChecks": len(checks)}
            for check in checks:
                yield "create_progress", {"check": check}
            yield "create_phase_done", {}
            yield "run_start", {}
            yield "run_complete", {"passed": len(checks)}
            yield "done", {}

    def _never_started(self) -> Planted:
        self._in_a_set_up()
        table = f"table_{self._dice.hex(4)}"
        return self._plant(
            "recommend_complete", {"table": table}, "operation.unstarted", "a table's start was left out"
        )

    def _begins_again(self) -> Planted:
        self._in_a_set_up()
        total: Document = {"totalTables": len(TABLES)}
        return self._plant("recommend_phase_start", total, "operation.phase-order", "a phase begins twice")

    def _in_a_set_up(self) -> None:
        """Go on to where one has begun and has not ended."""
        while not 1 <= self._records <= len(TABLES):
            self.healthy()

    def _plant(self, name: str, data: Document, code: str, what: str) -> Planted:
        self._write(name, data)
        return Planted(self._name, self._records, code, what)

    def _write(self, name: str, data: Document) -> None:
        stamped = {**data, "timestamp": millis(self._clock())}
        with locked(self._root / self._name) as capture:
            capture.append([f"event: {name}".encode(), f"data: {compact(stamped)}".encode(), b""], sync=False)
        self._records += 1
