"""The napari plugin: the only place that imports Qt or napari.

`dock.py` is the widget. Its `widgets/` only show and signal; the four `*_link.py` connect them to
the `Workspace`, whose parts decide what happens when: `current_photo.py`, `asker.py`,
`question_view.py` with `reviewer.py`, and `navigator.py`. Long work is a `Job` in a thread of the
`Runner` (questions) or the `Loader` (the work list). `viewer/` is all that touches napari's layers,
keys and notices. What is asked and decided lives in `napari_zsris.review`, models in
`napari_zsris.engine`.
"""
