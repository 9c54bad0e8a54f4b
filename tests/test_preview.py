"""The contact sheet of every filter: names, groups, parameters, maps and guides, and the scale of faint results."""
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import imfilter
from imfilter.explain.canvas.scene import Text
from imfilter.explain.view import sections
from imfilter.explain.view.preview import make_preview
from imfilter.explain.view.samples import sample_every_filter
from imfilter.explain.view.sections import Section, sectioned_sheet
from imfilter.explain.view.stretch import apply_visibly
from imfilter.filters import FILTERS
from imfilter.pipeline.chain import Pipeline
from imfilter.pipeline.recipe import Recipe


def scene(size=(48, 40), mode="RGB"):
    """Return a photo with a soft ramp, a hard edge and some noise."""
    rng = np.random.default_rng(4)
    ramp = np.linspace(40, 200, size[0])[None, :, None] + rng.normal(0, 6, (size[1], size[0], 3))
    ramp[:, size[0] // 2:] += 30
    return Image.fromarray(ramp.clip(0, 255).astype(np.uint8)).convert(mode)


def drawn_texts(monkeypatch, photo, *arguments, **options):
    """Return the texts on the contact sheet of a photo, and the preview."""
    seen, render = [], sections.render_image
    monkeypatch.setattr(sections, "render_image", lambda panel: seen.append(panel) or render(panel))
    made = make_preview(photo, *arguments, **options)
    return [shape.text for shape, _ in seen[0].shapes if isinstance(shape, Text)], made


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
def test_every_filter_of_the_registry_is_on_the_sheet(monkeypatch, mode):
    texts, made = drawn_texts(monkeypatch, scene((170, 20), mode), size=200)
    assert {*FILTERS} <= {*texts} and made.skipped == []
    assert {one.group for one in FILTERS.values()} <= {*texts}
    assert made.filters == len(sample_every_filter(scene())) > len(FILTERS)


def test_groups_are_in_order_and_filters_below_their_heading(monkeypatch):
    texts, _ = drawn_texts(monkeypatch, scene((170, 20)))
    groups, group = {one.group for one in FILTERS.values()}, ""
    found = {}
    for text in reversed(texts):  # a heading is drawn after its section
        group = text if text in groups else group
        found.setdefault(text, group)
    assert {name: found[name] for name in FILTERS} == {name: one.group for name, one in FILTERS.items()}


def test_notes_have_the_parameters():
    notes = {(sample.label, sample.note): sample.pipeline for sample in sample_every_filter(scene())}
    assert ("gaussian", "sigma=1") in notes and ("box", "size=3") in notes and ("canny", "sigma=1") in notes
    assert ("mix", "matrix=0 0 1;0 1 0;1 0 0") in notes and ("shrink", "by=2") in notes
    assert ("meijering", "sigmas=1,3,5,7,9, alpha=-0.3333") in notes  # not all digits of -1/3
    assert all(len(number) <= 4 for _, note in notes for number in re.findall(r"\d+(?:\.\d+)?", note.replace("0.", "")))
    maps = {label for label, note in notes if "a map from 1 to 9" in note}
    guides = {label for label, note in notes if note == "guide: the photo in gray"}
    assert maps == {"box", "gaussian", "disk"} and guides == {"bilateral", "guided"}


def test_a_map_blurs_more_at_the_right():
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 96), np.uint8))
    pipeline = next(sample.pipeline for sample in sample_every_filter(photo)
                    if sample.label == "gaussian" and "map" in sample.note)
    result = pipeline(np.asarray(photo)).astype(float)
    assert result[:, :16].std() > 3 * result[:, -16:].std()


@pytest.mark.parametrize("name", ["gabor", "farid", "difference_of_gaussians", "hessian", "black_tophat"])
def test_a_faint_result_is_its_values_times_the_factor(name):
    photo = scene()
    picture, scaled = apply_visibly(Recipe(Pipeline(name), name), photo)
    factor = float(scaled.removeprefix("stretched x"))
    signed = name in ("difference_of_gaussians", "hessian")
    values = getattr(imfilter, name)(np.asarray(photo), dtype="float32").astype(float)
    expected = np.clip(values * factor + 128 * signed, 0, 255)
    np.testing.assert_allclose(np.asarray(picture), expected, atol=0.51)
    spread = np.percentile(np.abs(values), 98) * factor / (127 if signed else 255)
    assert 0.5 <= spread <= 1 and factor in (2, 4, 8, 16, 32, 64)


def test_a_result_far_beyond_the_range_is_divided():
    noise = np.random.default_rng(3).integers(0, 256, (30, 40), np.uint8)
    picture, scaled = apply_visibly(Recipe(Pipeline("local_variance"), ""), Image.fromarray(noise))
    factor = float(scaled.removeprefix("divided by "))
    values = imfilter.local_variance(noise, dtype="float32")
    np.testing.assert_allclose(np.asarray(picture), np.clip(values / factor, 0, 255), atol=0.51)


@pytest.mark.parametrize("name", ["box", "sharpen", "median", "contour", "canny", "sauvola", "sepia"])
def test_other_results_are_those_of_apply(name):
    picture, scaled = apply_visibly(Recipe(Pipeline(name), name), scene())
    assert scaled == "" and picture.tobytes() == Recipe(Pipeline(name), name).picture(scene()).tobytes()


def test_a_dark_photo_stays_dark():
    dark = scene().point(lambda value: value // 8)
    assert apply_visibly(Recipe(Pipeline("gaussian"), ""), dark)[1] == ""
    assert apply_visibly(Recipe(Pipeline("sobel"), ""), dark)[1].startswith("stretched x")


def test_a_black_photo_is_not_stretched():
    for name in ("sobel", "laplace", "local_entropy", "local_normalize"):
        assert apply_visibly(Recipe(Pipeline(name), ""), Image.new("RGB", (9, 9)))[1] == ""


@pytest.mark.parametrize("name", ["local_entropy", "local_normalize", "gabor", "hessian", "structure_tensor"])
def test_local_filters_are_visible(name):
    with Image.open(Path(__file__).parent.parent / "sample_images" / "astronaut.png") as photo:
        picture, _ = apply_visibly(Recipe(Pipeline(name), name), photo.reduce(4))
    assert np.asarray(picture).astype(float).std() > 20


def test_alpha_stays_and_does_not_count():
    photo = scene(mode="RGBA")
    photo.putalpha(Image.fromarray((np.arange(40 * 48).reshape(40, 48) % 2 * 255).astype(np.uint8)))
    picture, scaled = apply_visibly(Recipe(Pipeline("sobel"), ""), photo)
    assert picture.mode == "RGBA" and scaled.startswith("stretched")
    assert picture.getchannel("A").tobytes() == photo.getchannel("A").tobytes()


def test_the_scale_is_on_the_sheet(monkeypatch):
    texts, made = drawn_texts(monkeypatch, scene(), [Pipeline.parse("gabor"), Pipeline.parse("box:size=5")])
    assert texts[-4:] != [] and any(text.startswith("stretched x") for text in texts)
    assert "box:size=5" in texts and made.filters == 2


@pytest.mark.parametrize(("counts", "columns", "places"), [
    ([1, 12, 5, 19, 1, 5], 14, [0, 1, 0, 0, 0, 1]), ([3, 3, 3], 6, [0, 3, 0]), ([9], 4, [0]), ([1, 9], 4, [0, 0])])
def test_sections_stand_side_by_side_where_they_fit(counts, columns, places):
    assert sections._find_places(counts, columns) == places
    tiles = [Section(str(k), [Image.new("L", (20, 10), 99)] * count, [""] * count, [""] * count)
             for k, count in enumerate(counts)]
    sheet = np.asarray(sectioned_sheet(tiles, columns=columns))
    assert np.count_nonzero((sheet == 99).all(-1)) == 200 * sum(counts)
    assert sheet.shape[1] <= 10 + 30 * columns
