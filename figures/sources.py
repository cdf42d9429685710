"""The code that the report speaks of, one page a file, so that a line can be linked without any network."""

from collections.abc import Iterable
from html import escape
from pathlib import Path

from figures.frame import Site, page


def source_pages(paths: Iterable[str], root: Path, site: Site) -> dict[str, str]:
    """Address and content of a page for each of the files, given from the repository's root.

    >>> list(source_pages(["sources.py"], Path(__file__).parent, Site(())))
    ['source/sources.py.html']
    """
    return {_address_of(path): _source_page(path, (root / path).read_text(encoding="utf-8"), site) for path in paths}


def _address_of(path: str) -> str:
    """Address of a file's page from the report's root."""
    return f"source/{path}.html"


def _source_page(path: str, text: str, site: Site) -> str:
    lines = "".join(f'<code id="L{k}">{escape(line)}\n</code>' for k, line in enumerate(text.splitlines(), 1))
    name = escape(path).replace("/", "/<wbr>")
    body = f"""
<header class="masthead"><p class="eyebrow">Source</p><h1 class="path">{name}</h1></header>
<pre class="source" tabindex="0" role="region" aria-label="Source">{lines}</pre>"""
    return page(f"{path} · Tipping", body, _address_of(path), site)
