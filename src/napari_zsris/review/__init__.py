"""The review of a project without a window: what is asked, what is decided, what comes next.

`ProjectStore` (`project_store.py`) has an open project: its `Photos` know which photo is on the
canvas, its `Decisions` write what is decided, wholly or not at all. A `Question` (`question.py`)
is what a person sees: it never changes, and after a decision it is read anew
(`question_reader.py`). `prepare` (`prepared.py`) makes the next of the work list ready, and
`explanation.py` says why a candidate ranks where it does. `actions.py` lists all that a key does.
"""
