"""The places of a template, `{{name}}`: what counts as one, to keep a template or to fill it."""

from __future__ import annotations

import re
from collections.abc import Iterable

# A name is a column's name in any script, so nearly anything; quotes, colons, commas and brackets
# are what JSON between double braces has and a name does not.
PLACE = re.compile(r"""\{\{([^{}\n"':,\[\]]{1,200})\}\}""")


def names(texts: Iterable[str]) -> list[str]:
    """List the names in the texts of a template, in the order of their first use."""
    found = (match[1].strip() for text in texts for match in PLACE.finditer(text))
    return list(dict.fromkeys(name for name in found if name))
