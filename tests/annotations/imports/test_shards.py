import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from napari_zsris.annotations import Project
from napari_zsris.annotations.imports import BadRow, Entry, Shard, import_table
from napari_zsris.errors import AnnotationError
from napari_zsris.progress import finish

RECORDS = st.lists(
    st.builds(Entry, where=st.just("line"), photo=st.sampled_from("abcdefg"), phrase=st.text())
    | st.just(BadRow("line", "bad"))
)


@given(RECORDS, st.integers(1, 5))
def test_shards_share_out_all_records(records, count):
    parts = [list(Shard(number, count).of(records)) for number in range(1, count + 1)]
    assert sum(map(len, parts)) == len(records)
    photos = [{each.photo for each in part if isinstance(each, Entry)} for part in parts]
    assert len(set().union(*photos)) == sum(map(len, photos)), "no photo is in two parts"
    assert max(map(len, photos)) - min(map(len, photos)) <= 1
    assert all(isinstance(each, Entry) for part in parts[1:] for each in part)


@pytest.mark.parametrize(("number", "count"), [(0, 4), (5, 4), (1, 0), (-1, 2)])
def test_there_is_no_such_shard(number, count):
    with pytest.raises(AnnotationError, match="count them from 1, as in 1/8"):
        Shard(number, count)


def test_a_shard_of_a_table(tmp_path):
    for name in "abc":
        Image.new("RGB", (8, 6)).save(tmp_path / f"{name}.png")
    table = tmp_path / "phrases.csv"
    lines = [f"{name}.png,the {thing}" for thing in ("cat", "dog") for name in "abc"]
    table.write_text("\n".join(["image,phrase", *lines, "none.png,the cat"]))
    for number, names in ((1, "ac"), (2, "b")):
        with Project.open(tmp_path / f"{number}.zsris", create=True) as project:
            shard = Shard(number, 2)
            report = finish(import_table(project, table, tmp_path, shard=shard))
            assert {item.photo for item in project.items()} == {f"{name}.png" for name in names}
            assert len(report.bad) == (number == 2)
