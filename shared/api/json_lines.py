"""Where things stand in a JSON document: a validator tells what is wrong by its place, its author looks for a line."""

import json
import re
from collections.abc import Collection
from typing import Final

# The keys and indices that lead to a value, from the document's root.
Place = tuple[str | int, ...]

_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[^\s"{}\[\],:]++|[{}\[\],]')


def lines_of(document: str, places: Collection[Place]) -> dict[Place, int]:
    """The 1-based line of each place: of its key, or of its value in a list; of what is absent, that of what lacks it.

    ``document`` is sound JSON, else what comes out means nothing. Linear in its length.
    """
    wanted = {place[:length] for place in places for length in range(1, len(place) + 1)}
    found: dict[Place, int] = {(): 1}
    # Where the walk stands: the keys and indices of the containers it is in, the last of them to be filled in next.
    path: list[str | int] = []
    key_is_next = False
    line, counted = 1, 0
    for token in _TOKEN.finditer(document):
        kind = token[0][0]
        if path and kind not in "]},":
            names_a_value = key_is_next or isinstance(path[-1], int)
            if key_is_next:
                path[-1] = json.loads(token[0])
            if names_a_value and (place := tuple(path)) in wanted:
                line += document.count("\n", counted, token.start())
                counted = token.start()
                found[place] = line
            if key_is_next:
                key_is_next = False
                continue
        if kind in "{[":
            path.append("" if kind == "{" else 0)
            key_is_next = kind == "{"
        elif kind in "}]":
            path.pop()
            key_is_next = False
        elif kind == "," and isinstance(path[-1], int):
            path[-1] += 1
        elif kind == ",":
            key_is_next = True
    return {place: _nearest(place, found) for place in places}


def _nearest(place: Place, found: dict[Place, int]) -> int:
    while place not in found:
        place = place[:-1]
    return found[place]
