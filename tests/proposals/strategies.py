"""Random photos' masks for property tests."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


@st.composite
def stacks(draw, longest=40, most=5):
    """A stack (N, H, W) of masks: noise, rectangles, full frames, single pixels and empty ones."""
    height, width = draw(st.tuples(st.integers(1, longest), st.integers(1, longest)))
    count = draw(st.integers(0, most))
    masks = [draw(masks_of(height, width)) for _ in range(count)]
    return np.array(masks, bool).reshape(count, height, width)


@st.composite
def masks_of(draw, height, width):
    mask = np.zeros((height, width), bool)
    y0, x0 = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    y1, x1 = draw(st.integers(y0 + 1, height)), draw(st.integers(x0 + 1, width))
    match draw(st.sampled_from(["empty", "full", "pixel", "rectangle", "noise"])):
        case "full":
            mask[:] = True
        case "pixel":
            mask[y0, x0] = True
        case "rectangle":
            mask[y0:y1, x0:x1] = True
        case "noise":
            mask[y0:y1, x0:x1] = draw(arrays(bool, (y1 - y0, x1 - x0)))
    return mask
