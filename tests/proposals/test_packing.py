"""Packing on a device gives what numpy packs on the host."""

import numpy as np
import torch
from hypothesis import given

from napari_zsris.proposals.packing import pack, packed_bits

from .strategies import stacks


@given(stacks())
def test_bits_are_numpys(stack):
    for mask in stack:
        expected = np.packbits(mask, axis=1)
        np.testing.assert_array_equal(packed_bits(torch.from_numpy(mask)).numpy(), expected)


def test_packed_part_lies_where_it_was_taken():
    mask = torch.zeros((4, 20), dtype=torch.bool)
    mask[1:3, 9:18] = True
    bitmap = pack(mask, top=10, left=100)
    assert bitmap.box == (109, 11, 118, 13)
    assert bitmap.unpack().all()
