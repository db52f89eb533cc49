"""A sports broadcast with commercials, drawn frame by frame: single frames mislead, what comes around them tells.

Modules, each using those before it: `people` (footballers, fans, faces), `stadium` (a pitch and its stands under a
camera), `game` (who is where on it), `products` (what commercials sell), `shots` (what a camera shows), `programme`
(which shots follow each other), `film`.
"""

from reelsift.demo.broadcast.film import BroadcastFilm

__all__ = ["BroadcastFilm"]
