"""Records cut out of text: lines, elements of a JSON document, blocks of an event stream."""
