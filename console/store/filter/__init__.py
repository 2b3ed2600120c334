"""The language of filters: text as people type it becomes a small tree, which each store answers in its own way.

``parse`` reads a text, ``Filter`` is what comes out, ``FilterError`` says what cannot be read and where.
"""

from console.store.filter.errors import FilterError as FilterError
from console.store.filter.fields import field_names as field_names
from console.store.filter.parse import parse as parse
from console.store.filter.times import moment as moment
from console.store.filter.tree import Filter as Filter
from console.store.filter.tree import both as both
from console.store.filter.tree import either as either
