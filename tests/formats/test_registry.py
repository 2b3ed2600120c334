"""What formats declare, put together; and what packages that come and go change of it."""

from pathlib import Path

import pytest

from console.formats import registry
from console.formats.guarded import event_of, named, panels_of, proof_of
from console.formats.protocol import Context
from console.model.record import Record
from console.verify.catalogue import CATALOGUE
from tests.support import sixth_system

CONTEXT = Context("log", 0)


def test_ours_are_found_without_being_imported() -> None:
    assert registry.own_names() == ("kernel", "maysano", "smvm", "swarm", "zakops")


def test_a_package_changes_what_is_known_while_it_is_there(tmp_path: Path) -> None:
    before = registry.stream_kinds(), registry.flag_levels()
    with sixth_system.installed(sixth_system.install(tmp_path / "packages")):
        assert registry.stream_kinds() == (*before[0], "lamp")
        assert registry.flag_levels() == ("high", "critical", "dark")
        assert "oil.low" in registry.catalogue()
        assert "beacon" in registry.answers()
        assert registry.by_name("beacon").title == "Beacon lamp logs"
        assert not registry.broken()
    assert (registry.stream_kinds(), registry.flag_levels()) == before
    assert "oil.low" not in CATALOGUE
    with pytest.raises(registry.UnknownFormatError, match="is not installed"):
        registry.by_name("beacon")


def test_the_highest_flags_of_all_systems_stand_together(tmp_path: Path) -> None:
    with sixth_system.installed(sixth_system.install(tmp_path / "packages")):
        levels = registry.flag_levels()
        assert levels.index("high") < min(levels.index("critical"), levels.index("dark"))


def test_every_kind_of_stream_is_a_word_for_filters_that_no_other_field_has() -> None:
    from console.store.filter import field_names

    assert len({*field_names()}) == len(field_names())


def test_a_format_that_is_not_there_answers_with_why() -> None:
    form, record = named("lost"), Record(1, 0, 2, b"{}")
    event = event_of(form, record, CONTEXT)
    assert event.type == ""
    assert panels_of(form, event, CONTEXT)[0].fields[0].note == "The format lost is not installed."
    assert proof_of(form, record, None, CONTEXT) is None
