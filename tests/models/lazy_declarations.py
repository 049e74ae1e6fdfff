# No `from __future__ import annotations` here: what annotations hold are objects, not strings.
"""Models of a module whose annotations are evaluated at once."""

from attio_orm import Many, Maybe, Model, One
from attio_orm.attributes import Text


def plain_team_and_player() -> tuple[type[Model], type[Model]]:
    """Two classes of a function that refer to each other."""

    class Team(Model):
        name: Text
        parent: Maybe["Team"]
        players: Many["Player"]

    class Player(Model):
        name: Text
        team: One[Team]

    return Team, Player
