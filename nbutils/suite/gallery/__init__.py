"""The gallery: executed notebooks and sweeps as a static site that is read from a folder, without a network.

The pages are plain HTML and one style sheet, no script. A page needs no server and nothing from elsewhere, and its
content security policy can forbid every script: whatever a notebook's output smuggles past the sanitiser, a browser
does not run it.
"""
