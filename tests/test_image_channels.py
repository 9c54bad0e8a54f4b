"""An image with other channels than trained weights ask for is named, not the weights."""
import numpy as np
import pytest
from PIL import Image

from imfilter import ImfilterError, Stack

WEIGHTS = [np.ones((4, 3, 3, 3)), np.ones((2, 4, 1, 1))]


@pytest.mark.parametrize(("image", "channels"), [
    (Image.new("L", (8, 9)), 1), (Image.new("RGBA", (8, 9)), 4), (np.ones((9, 8)), 1), (np.ones((2, 9, 8, 5)), 5),
])
def test_the_image_is_named(image, channels):
    stack = Stack.parse("relu, 3x4 p1, 1x2")
    words = f"^the image must have 3 channels, as the weights ask for, got {channels}$"
    with pytest.raises(ImfilterError, match=words):
        stack.run(image, WEIGHTS)
    with pytest.raises(ImfilterError, match=words):
        stack.with_weights(WEIGHTS).apply(image)


def test_weights_that_fit_no_image_are_named():
    with pytest.raises(ImfilterError, match=r"layer 2, 1x2: weights must have the shape \(2, 4, 1, 1\)"):
        Stack.parse("3x4 p1, 1x2").run(np.ones((5, 5, 3)), [WEIGHTS[0], np.ones((2, 3, 1, 1))])


def test_what_came_instead_of_statistics_is_on_one_line():
    with pytest.raises(ImfilterError, match=r"normalize must be 'imagenet', or .* got array") as caught:
        Stack.parse("relu").run(np.ones((5, 5, 3)), normalize=np.ones((3, 3)))
    assert "\n" not in str(caught.value)
