from napari_zsris.progress import Progress, Steps, finish


def count(end: int) -> Steps[str]:
    for done in range(end):
        yield Progress("counting", done, end)
    return "done"


def test_finishing_gives_the_result():
    assert finish(count(3)) == "done"
    assert finish(count(0)) == "done"


def test_finishing_tells_each_step():
    told: list[Progress] = []
    assert finish(count(2), told.append) == "done"
    assert told == list(count(2))


def test_steps_say_how_far_the_work_is():
    assert list(count(2)) == [Progress("counting", 0, 2), Progress("counting", 1, 2)]
