"""Episodes of a cartoon with a cat and a mouse, drawn frame by frame.

Modules, each using those before it: `ink` (flat shapes), `puppet` (a figure with limbs), `cast` (who plays), `acting`
(how they move), `props`, `painting`, `indoors` and `outdoors` (backdrops), `cards`, `story` (what happens), `film`.
"""

from reelsift.demo.cartoon.film import CartoonFilm

__all__ = ["CartoonFilm"]
