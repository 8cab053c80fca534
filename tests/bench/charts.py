"""Drawings in SVG, small enough to be kept with the documents that show them."""

from collections.abc import Iterable

COLOURS = {"dynamodb": "#3b6ea8", "sqs": "#d08a2e", "s3": "#5a9a52", "kms": "#a3475a"}


def svg(width: float, height: float, parts: Iterable[str]) -> str:
    """A drawing that is readable on light and dark ground."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
            ' font-family="sans-serif" font-size="12">',
            '<rect width="100%" height="100%" fill="white"/>',
            *parts,
            "</svg>\n",
        ]
    )
