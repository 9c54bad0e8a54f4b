"""What notebooks show for each object: the numbers in the tables, and the words and shapes of the drawings."""
import numpy as np
from cards import OBJECTS, Page, learned, noise, show

import imfilter
from imfilter import Pipeline
from imfilter.layers.fields import Rectangle


def test_a_plan_is_a_table():
    plan = OBJECTS["plan of a transform"]()
    facts = show("plan of a transform").facts()
    assert facts["method"] == "fft" and facts["why"] == plan.why and facts["computed in"] == "float64"
    assert facts["cost"] == f"{plan.taps:,} multiplications and additions per result"
    assert facts["scratch"] == f"{plan.scratch:,} bytes per thread" and "loops" not in facts
    assert show("plan").facts()["loops"] == str(OBJECTS["plan"]().layout)


def test_a_plan_tells_what_else_it_promises():
    photo = np.zeros((64, 64), "f4")
    assert "same bits" in Page(imfilter.plan(photo, np.ones((3, 3)), exact=True)._repr_html_()).facts()["exact"]
    assert "exact" not in Page(imfilter.plan(photo, np.ones((3, 3)))._repr_html_()).facts()


def test_a_stack_is_a_diagram_and_a_table():
    page = show("stack")
    assert page.rows[0][1:4] == ["layer", "output", "field"]
    assert page.rows[1] == ["1", "3x16 s2 p1", "112 x 112 x 16", "3", "2", "432", "5,419,008", "20.6 %"]
    assert page.rows[4][:2] == ["4.1.1", "    3x16 p1"]  # indented: within branches
    assert page.rows[-1][5:7] == ["7,088", "26,292,224"]
    assert "112 x 112 x 8" in page.letters and "identity" in page.letters
    assert any("224 x 224 x 3" in text for text in page.texts)


def test_a_stack_with_weights_reads_as_many_channels_as_these():
    page = show("stack with weights")
    assert "Stack with weights" in page.texts and "224 x 224 x 5" in page.letters
    assert page.rows[1][5] == "90"


def test_a_stack_that_fits_no_photo_says_so():
    page = show("stack that does not fit")
    assert "3x16 g4" in page.texts and "multiple of groups" in " ".join(page.texts) and not page.rows


def test_a_long_stack_is_cut():
    page = show("long stack")
    assert page.rows[60][:2] == ["60", "relu"] and page.rows[61][1] == "all layers" and len(page.rows) == 62
    assert "The table leaves out the last 240 layers." in page.texts
    assert not [tag for tag, _ in page.tags if tag == "svg"]


def test_a_summary_is_that_of_its_image():
    page = show("summary")
    assert "Summary of 2 layers on an image of 32 x 40 x 3" in page.texts
    assert page.rows[2][2] == "15 x 19 x 8" and "15 x 19 x 8" in page.letters
    assert any(text.startswith("Note: layer 2 keeps one pixel in 4") for text in page.texts)


def test_a_field_is_drawn_with_its_rows_and_columns():
    page = show("field")
    assert page.facts() == {"rows": "-1 to 2", "columns": "-1 to 2", "size": "4 x 4 pixels"}
    assert "from row -2, column -2" in page.letters and any("Gray" in text for text in page.texts)
    inner = Page(Rectangle(3, 7, 4, 9)._repr_html_())
    assert inner.facts() == {"rows": "3", "columns": "7 to 8", "size": "1 x 2 pixels"}
    assert not any("Gray" in text for text in inner.texts)
    assert "no pixels" in " ".join(show("field without pixels").texts)


def test_a_pipeline_is_a_table_of_its_stages():
    page = show("pipeline")
    assert page.rows[0] == ["", "filter", "what it does", "reach", "kernels"]
    assert [row[1] for row in page.rows[1:6]] == [
        "gaussian:sigma=2", "median:size=5", "sepia", "convolve:kernel=0 -1 0;-1 5 -1;0 -1 0", "sobel:axis=0"]
    assert [row[3] for row in page.rows[1:6]] == ["8", "2", "0", "1", "1"]
    assert page.facts()["reach in pixels"] == "12"
    assert page.facts()["result"].startswith("signed")
    labels = [attributes["aria-label"] for tag, attributes in page.tags if tag == "svg"]
    assert labels[:4] == ["kernel", "color matrix", "kernel", "kernel"] and labels[4] == "a drawn picture"


def test_a_pipeline_tells_its_stride_and_sides():
    page = Page(Pipeline("box:size=2:stride=2", "box:size=1,4")._repr_html_())
    assert page.facts()["stride"] == "one result for 2 pixels"
    assert page.rows[2][3] == "0 up, 0 down, 2 left, 1 right"
    assert "result" not in page.facts()


def test_a_long_pipeline_is_cut():
    page = show("long pipeline")
    assert "The table leaves out the last 2 filters." in page.texts and len(page.rows) == 1 + 12 + 1


def test_a_filter_that_needs_its_own_image_has_no_picture():
    assert "a drawn picture" not in show("mask").letters
    page = show("filter")
    assert page.letters == ["a drawn picture", "filtered"] and page.rows[1][1] == "canny"
    assert page.facts()["reach in pixels"] == "any"


def test_a_learned_kernel_is_drawn_with_its_figures():
    page = show("learned")
    assert page.letters == ["1", "2", "1"]
    assert page.facts() == {
        "bias": "0.5", "residual": "0.25 in units of the second image",
        "explained": "87.5 % of its variance, from 4,321 samples",
        "verdict": "poor: the kernel explains only 87.5 % of the variance, and the residual is 250 times that of "
                   "rounding"}
    assert "Note: the images are dark." in page.texts
    bank = show("learned bank")
    assert bank.letters[0] == "channel 1 to 1" and "The first 9 of 512 kernels are shown." in bank.texts
    assert not any("first" in text for text in show("learned matrix").texts)


def test_a_pattern_is_drawn_with_its_labels():
    page = show("pattern")
    assert page.letters == ["1", "2", "1", "0", "0", "0", "-1", "-2", "-1"]
    assert page.facts()["weights"] == (
        "2 parameters to learn; weights that repeat one: 4; weights that are 0: 3")
    bank = show("pattern of a bank").facts()
    assert bank["shape"] == "192 kernels of 7 x 7 weights, 3 channels to 64, of which the first 8 are shown"


def test_what_users_typed_is_escaped(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "<i>.json").write_text('{"format": "imfilter kernel", "version": 1, "kernel": [[1]]}')
    learned([[1.0]]).save("<i>&.json")
    html = Pipeline("<i>&.json")._repr_html_()
    page = Page(html)
    assert "<i>" not in html and page.rows[1][1] == "<i>&.json" and "i" not in {tag for tag, _ in page.tags}
    warned = learned([[1.0]], warning="<script>x</script>")._repr_html_()
    assert "<script" not in warned and "Note: <script>x</script>." in Page(warned).texts


def test_long_texts_are_cut():
    kernel = noise(30, 30)
    cell = Page(Pipeline(kernel)._repr_html_()).rows[1][1]
    assert len(cell) < 450 and " ... " in cell.replace("...", " ... ")
