"""Who does the work that --dask may give away, and what is said where it is broken off."""

import sys
from functools import partial
from operator import add

import pytest

from napari_zsris.cli.crews import crew_for, telling_what_is_kept
from napari_zsris.crew import InProcess
from napari_zsris.errors import ClusterError, ModelUnavailableError


def test_this_process_does_the_work_unless_told_otherwise():
    with crew_for(partial(partial, add, 1), max, "cpu", None, None) as crew:
        assert isinstance(crew, InProcess)
        assert list(crew.work([1, 2])) == [2, 3]


def test_dask_needs_its_package(monkeypatch):
    for module in ("napari_zsris.crew.cluster", "napari_zsris.crew.connection"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    message = r"--dask needs dask\.distributed .*: pip install 'napari-zsris\[distributed\]'"
    with (
        pytest.raises(ModelUnavailableError, match=message),
        crew_for(partial(partial, add, 1), max, "cpu", "local", None),
    ):
        pass


@pytest.mark.parametrize("error", [KeyboardInterrupt, ClusterError])
def test_what_is_kept_is_told_where_work_is_broken_off(capsys, error):
    with pytest.raises(error), telling_what_is_kept(lambda: "3 of 9 photos are in work.zsris"):
        raise error
    assert capsys.readouterr().err == "zsris: warning: stopped: 3 of 9 photos are in work.zsris\n"


def test_work_that_ends_or_fails_says_nothing_of_it(capsys):
    with telling_what_is_kept(lambda: "nothing"):
        pass
    with pytest.raises(ZeroDivisionError), telling_what_is_kept(lambda: "nothing"):
        raise ZeroDivisionError
    assert capsys.readouterr().err == ""
