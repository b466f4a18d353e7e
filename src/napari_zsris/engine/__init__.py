"""The models in a process of their own, so that a window never waits for them nor dies with them.

How parent and child talk: `Engine` (`engine.py`) is what the parent uses. It starts a plain Python
(`process.py`) that runs `main` (`child.py`), and speaks with it over its standard input and output
(`channel.py`); arrays go through memory that both share (`memory.py`). The parent sends `Ask`, with
a ticket, and perhaps `Stop`; the child answers with `Step`, `Notice` and at last `Returned`,
`Stopped` or `Failed` (`messages.py`). `Rank` and `Encode` name a photo by its content: when the
child does not know it, it sends `PhotoMissing`, and the parent its `PhotoPixels`, read in a thread
(`reading.py`). `talk.py` follows one piece of work to its end, `turn.py` lets questions go first.
In the child, `models.py` does the work, and `encodings.py` keeps the photos asked about last.
"""
