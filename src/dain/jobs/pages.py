"""Pages to look through in a browser: one style, and any picture enlarged by a click."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template


def make_page(
    title: str,
    facts: Sequence[str],
    body: str,
    footer: str = "",
    style: str = "",
    generator: str = "dain",
) -> str:
    """A page as HTML, in light and dark, that asks for nothing from elsewhere.

    Pictures that `figure` made, inside of an element of the class ``pictures``, are enlarged by
    a click; the arrow keys lead to the others.

    Args:
        title: text.
        facts: texts, shown under the title.
        body: HTML.
        footer: text.
        style: CSS on top of what all pages share.
        generator: text, by which a page can be known again.
    """
    template = Template(files("dain.jobs").joinpath("page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(title),
        facts=" · ".join(escape(fact) for fact in facts),
        body=body,
        footer=escape(footer),
        style=style,
        generator=escape(generator),
    )


def figure(kind: str, source: str, title: str, size: tuple[int, int]) -> str:
    """A picture that can be enlarged, as HTML.

    Args:
        kind: text, of what is to be seen.
        source: address of the picture.
        title: HTML, of what it is one.
        size: width and height of the picture.
    """
    return (
        f'<figure><button type="button" aria-label="Enlarge: {kind}">'
        f'<img src="{source}" width="{size[0]}" height="{size[1]}" alt="{kind} of {title}" '
        f'data-kind="{kind}" data-of="{title}" loading="lazy"></button>'
        f"<figcaption>{kind}</figcaption></figure>"
    )
