"""A figure with its caption as the output of a notebook's cell."""

import base64

from IPython.display import display


def display_figure(png: bytes, caption: str) -> None:
    """Show a figure and, below it, its caption (Markdown), which is the alternative text of the figure too."""
    image = {"image/png": base64.b64encode(png).decode(), "text/plain": caption}
    display(image, metadata={"image/png": {"alt": caption}}, raw=True)
    display({"text/markdown": caption, "text/plain": caption}, raw=True)
