"""Frequency responses, kernels as SVG, and images in a terminal."""
import io
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter.explain.kernel import frequency_response
from imfilter.explain.view import terminal


def test_gain_is_that_of_a_fourier_transform(rng):
    kernel = rng.standard_normal((3, 5))
    frequencies = np.fft.fftfreq(16)
    gain = frequency_response.compute_gain(kernel, frequencies, frequencies)
    np.testing.assert_allclose(gain, np.abs(np.fft.fft2(kernel, (16, 16))), atol=1e-12)


def test_a_kernel_is_drawn_as_svg():
    root = ElementTree.fromstring(imfilter.show([[1, 2], [3, 4]]).svg)
    assert [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")] == ["1", "2", "3", "4"]


class Screen(io.StringIO):
    """A stream that claims to be a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(("environment", "start"), [
    ({"COLORTERM": "truecolor"}, "\x1b[38;2;255;0;0;48;2;255;0;0m▀"), ({}, "\x1b[38;5;196;48;5;196m▀"),
    ({"TERM": "xterm-kitty"}, "\x1b_Ga=T,f=100"), ({"TERM_PROGRAM": "iTerm.app"}, "\x1b]1337;File=inline=1"),
    ({"NO_COLOR": "1"}, "░"), ({"TERM": "dumb"}, ":"),
])
def test_a_terminal_gets_what_it_supports(environment, start):
    screen, red = Screen(), Image.new("RGB", (8, 8), (255, 0, 0))
    assert terminal.draw_pair(red, red, screen, environment=environment, size=(20, 10))
    assert screen.getvalue().startswith(start)


def test_without_a_terminal_a_sentence_is_printed():
    stream = io.StringIO()
    assert not terminal.draw_pair(np.zeros((2, 2)), np.zeros((2, 2)), stream, environment={}, size=(80, 24))
    assert stream.getvalue() == f"{terminal.NO_TERMINAL}\n"
