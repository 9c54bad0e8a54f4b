"""Metadata that counts pixels: it follows the pixels when a photo is turned upright, strided, or made another type."""
import struct

import numpy as np
import pytest
from PIL import Image
from test_old_pixels import RDF, in_exif, in_xmp, jpeg, photoshop, resource
from tiff_tables import block, entries_of, exif_of, make_tiff, read_entries, table, with_exif

from imfilter import files

AREA, LOCATION, FOCAL = 0x9214, 0xA214, (0xA20E, 0xA20F)


def exif(turn, area, location=(3, 2)):
    """Return EXIF of a stored image with the place of its subject, and the density of the sensor."""
    inner = [(AREA, 3, struct.pack(f">{len(area)}H", *area)), (FOCAL[0], 5, struct.pack(">II", 6000, 2)),
             (FOCAL[1], 5, struct.pack(">II", 4000, 1)), (LOCATION, 3, struct.pack(">2H", *location))]
    return block(">", [(0x0112, 3, struct.pack(">H", turn)), (0x8769, 4, lambda at: table(">", inner, at))])


def read_subject(data):
    """Return the subject's area and location, and the density of the sensor."""
    raw = {at[-1]: value for at, _, value in entries_of(exif_of(data))}
    area = struct.unpack(f">{len(raw[AREA]) // 2}H", raw[AREA])
    pair = [struct.unpack(">II", raw[tag]) for tag in FOCAL]
    return area, struct.unpack(">2H", raw[LOCATION]), [above / below for above, below in pair]


# Of an image of 32 x 16 pixels: the place of pixel (3, 2) in the upright image.
UPRIGHT = {1: (3, 2), 2: (28, 2), 3: (28, 13), 4: (3, 13), 5: (2, 3), 6: (13, 3), 7: (13, 28), 8: (2, 28)}


@pytest.mark.parametrize("turn", UPRIGHT)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_the_place_of_the_subject_is_turned(put, suffix, turn):
    image = Image.new("RGB", (32, 16))
    image.putpixel((3, 2), (255, 255, 255))
    given = with_exif(suffix, exif(turn, (3, 2, 10, 4)), image)
    photo = files.read_photo(put("photo" + suffix, given))
    area, location, density = read_subject(files.encode_photo(photo, suffix))
    assert area == (*UPRIGHT[turn], *((4, 10) if turn > 4 else (10, 4))) and location == UPRIGHT[turn]
    assert density == ([4000, 3000] if turn > 4 else [3000, 4000])
    assert photo.image.getpixel(location)[0] > 100 or suffix == ".jpg"


@pytest.mark.parametrize(("area", "half"), [((30, 12), (10, 6)), ((30, 12, 9), (10, 6, 3)),
                                            ((30, 12, 9, 8), (10, 6, 3, 4))])
def test_the_place_of_the_subject_is_strided(put, area, half):
    photo = files.read_photo(put("photo.jpg", jpeg(in_exif(exif(1, area)))))
    result = files.encode_photo(photo.map(lambda image: image.resize((11, 8)), stride=(2, 3)), ".jpg")
    assert read_subject(result) == (half, (1, 1), [1000, 2000])


REGIONS = RDF % (
    b'<rdf:Description xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
    b' xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" xmlns:MP="http://ns.microsoft.com/photo/1.2/t/Region#"'
    b' xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"'
    b' tiff:Orientation="%d" MP:Rectangle="0.1, 0.2, 0.3, 0.4"><mwg-rs:Regions rdf:parseType="Resource">'
    b'<mwg-rs:AppliedToDimensions stDim:w="32" stDim:h="16" stDim:unit="pixel"/><mwg-rs:RegionList><rdf:Bag><rdf:li>'
    b'<mwg-rs:Area stArea:x="0.25" stArea:y="0.1" stArea:w="0.1" stArea:h="0.3" stArea:unit="normalized"/></rdf:li>'
    b'<rdf:li><mwg-rs:Area rdf:parseType="Resource"><stArea:h>.5</stArea:h><stArea:x>0.5</stArea:x><stArea:w>0.125'
    b"</stArea:w><stArea:y>1</stArea:y></mwg-rs:Area></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    b"</rdf:Description>")
TURNED = {1: (b"0.25", b"0.1", b"0.1", b"0.3", b"0.1, 0.2, 0.3, 0.4"), 3: (b"0.75", b"0.9", b"0.1", b"0.3",
          b"0.6, 0.4, 0.3, 0.4"), 6: (b"0.9", b"0.25", b"0.3", b"0.1", b"0.4, 0.1, 0.4, 0.3"),
          8: (b"0.1", b"0.75", b"0.3", b"0.1", b"0.2, 0.6, 0.4, 0.3")}


@pytest.mark.parametrize("code", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("turn", TURNED)
def test_regions_of_faces_follow_the_pixels(put, turn, code):
    photo = files.read_photo(put("photo.jpg", jpeg(in_xmp((REGIONS % turn).decode().encode(code)))))
    x, y, w, h, rectangle = TURNED[turn]
    sides = (6, 8) if turn > 4 else (16, 4)
    strides = (4, 2) if turn < 5 else (4, 3)
    small = photo.map(lambda image: image.resize(sides), stride=strides)
    for suffix in (".jpg", ".png", ".webp"):
        result = files.encode_photo(small, suffix).replace(b"\0", b"")
        assert (b'stArea:x="%s" stArea:y="%s" stArea:w="%s" stArea:h="%s" stArea:unit' % (x, y, w, h)) in result
        assert b'stDim:w="%d" stDim:h="%d" stDim:unit="pixel"' % sides in result
        assert b'MP:Rectangle="%s"' % rectangle in result
    sides = (b"0.125", b".5") if turn < 5 else (b"0.5", b"0.125")
    assert b"<stArea:h>%s</stArea:h>" % (sides[1]) in result
    assert photo.notes == []


def test_panoramas_and_densities_in_xmp_are_strided(put):
    inside = (b'<rdf:Description xmlns:p="http://ns.google.com/photos/1.0/panorama/" p:FullPanoWidthPixels="64"'
              b' p:FullPanoHeightPixels="33" p:CroppedAreaImageWidthPixels="32" p:CroppedAreaTopPixels="9"'
              b' xmlns:e="http://ns.adobe.com/exif/1.0/" e:FocalPlaneXResolution="300/7"/>')
    photo = files.read_photo(put("photo.jpg", jpeg(in_xmp(RDF % inside))))
    result = files.encode_photo(photo.map(lambda image: image.resize((16, 6)), stride=(3, 2)), ".jpg")
    for text in (b'FullPanoWidthPixels="32"', b'FullPanoHeightPixels="11"', b'CroppedAreaImageWidthPixels="16"',
                 b'CroppedAreaTopPixels="3"', b'FocalPlaneXResolution="150/7"'):
        assert text in result


def sized_exif():
    inner = [(0xA002, 3, struct.pack(">H", 32)), (0xA003, 3, struct.pack(">H", 16))]
    return block(">", [(0x010F, 2, b"Acme\0"), (0x8769, 4, lambda at: table(">", inner, at))])


def resources():
    return resource(1005, struct.pack(">IHHIHH", 300 << 16, 1, 1, 200 << 16, 1, 1)) + resource(1058, sized_exif())


def check_resources(data):
    """Check the resolution and the size of EXIF in resources of a result of 16 x 4 pixels."""
    assert struct.unpack_from(">I4xI", data, data.index(b"8BIM\3\xed") + 12) == (150 << 16, 50 << 16)
    start = data.index(b"8BIM\4\x22") + 12
    raw = {at[-1]: value for at, _, value in entries_of(data[start:])}
    assert (raw[0xA002], raw[0xA003]) == (b"\0\x10", b"\0\x04")


def test_exif_within_photoshop_states_the_size(put):
    photo = files.read_photo(put("photo.jpg", jpeg(photoshop(resources()))))
    small = photo.map(lambda image: image.resize((16, 4)), stride=(4, 2))
    check_resources(files.encode_photo(small, ".jpg"))


@pytest.mark.parametrize("engine", ["memory", "tiles"])
def test_photoshop_within_tiff_states_the_size_and_resolution(filter_tiff, engine):
    data = make_tiff(">", {34377: (1, len(resources()), resources())}, shape=(16, 32))
    result, said = filter_tiff(data, "convolve", "--kernel", "1", "--stride", "4,2", engine=engine)
    value = read_entries(result)[34377][2]
    check_resources(value)
    assert not said


def imagej(order):
    """Return ImageJ's metadata: a text, an outline, two overlays, and another text."""
    blocks = [("info", [b"text "]), ("roi ", [b"Iout circle"]), ("over", [b"Iout 1", b"Iout 22"]), ("labl", [b"label"])]
    name = (lambda kind: kind.encode()) if order == ">" else (lambda kind: kind.encode()[::-1])
    head = name("IJIJ") + b"".join(name(kind) + struct.pack(order + "I", len(parts)) for kind, parts in blocks)
    pieces = [piece for _, parts in blocks for piece in parts]
    counts = [len(head), *map(len, pieces)]
    value = head + b"".join(pieces)
    return {50838: (4, len(counts), struct.pack(f"{order}{len(counts)}I", *counts)), 50839: (1, len(value), value)}, (
        name("IJIJ") + name("info") + struct.pack(order + "I", 1) + name("labl") + struct.pack(order + "I", 1)
        + b"text label")


@pytest.mark.parametrize("engine", ["memory", "tiles"])
@pytest.mark.parametrize("order", "<>")
def test_outlines_of_imagej_stay_only_where_they_lie_on_the_same_pixels(filter_tiff, order, engine):
    entries, without = imagej(order)
    whole, said = filter_tiff(make_tiff(order, entries), engine=engine)
    assert {tag: read_entries(whole)[tag] for tag in entries} == entries and not said
    for more, turn in ((("--stride", "2"), 1), ((), 6)):
        data = make_tiff(order, {**entries, 274: (3, 1, struct.pack(order + "H", turn))})
        result, said = filter_tiff(data, "convolve", "--kernel", "1", *more, engine=engine)
        found = read_entries(result)
        assert found[50839] == (1, len(without), without)
        assert found[50838] == (4, 3, struct.pack(order + "3I", 20, 5, 5))
        assert "selections and overlays of ImageJ not kept" in said


@pytest.mark.parametrize("engine", ["memory", "tiles"])
def test_aperio_states_the_size_of_the_result_and_its_pixels(filter_tiff, engine):
    text = (b"Aperio Image Library v11.2.1 \r\n46920x33014 [0,100 30x20] (256x256) Q=30|AppMag = 40|MPP = 0.2498|"
            b"Left = 25")
    data = make_tiff("<", {270: (2, len(text) + 1, text + b"\0")})
    result, said = filter_tiff(data, "convolve", "--kernel", "1", "--stride", "2", engine=engine)
    assert read_entries(result)[270][2].rstrip(b"\0") == (
        b"Aperio Image Library v11.2.1 \r\n46920x33014 [0,100 15x10] (256x256) Q=30|AppMag = 20|MPP = 0.4996|Left = 25")
    result, said = filter_tiff(data, "convolve", "--kernel", "1", "--stride", "2,1", engine=engine)
    assert 270 not in read_entries(result) and "description not kept" in said


def test_descriptions_of_microscopes_are_left_out_with_a_stride(filter_tiff):
    entries = {34118: (2, 24, b"Image Pixel Size=3.2 nm\0"), 51123: (2, 20, b'{"PixelSizeUm": 0.5}')}
    whole, said = filter_tiff(make_tiff("<", entries))
    assert {tag: read_entries(whole)[tag] for tag in entries} == entries and not said
    result, said = filter_tiff(make_tiff("<", entries), "convolve", "--kernel", "1", "--stride", "2")
    assert not set(entries) & set(read_entries(result))
    assert "description of Zeiss SEM not kept" in said and "description of Micro-Manager not kept" in said


def test_a_transfer_function_is_kept_for_the_same_depth_alone(filter_tiff):
    entry = (3, 256, struct.pack("<256H", *range(0, 65536, 256)))
    whole, said = filter_tiff(make_tiff("<", {301: entry}))
    assert read_entries(whole)[301] == entry and not said
    result, said = filter_tiff(make_tiff("<", {301: entry}), "convolve", "--kernel", "1", "--depth", "16")
    assert 301 not in read_entries(result) and "transfer function not kept" in said


def test_levels_that_results_do_not_apply_are_named(filter_tiff):
    curve = (3, 256, struct.pack("<256H", *range(256)))
    result, said = filter_tiff(make_tiff("<", {291: curve}))
    assert 291 not in read_entries(result) and "gray response curve not kept" in said


@pytest.mark.parametrize(("levels", "noted"), [((0, 255), False), ((16, 235), True)])
def test_levels_of_rgb_are_named_if_they_are_not_the_full_range(put, levels, noted):
    tifffile = pytest.importorskip("tifffile")
    path = put("a.tif", b"")
    stated = [one for level in levels * 3 for one in (level, 1)]
    tifffile.imwrite(path, np.zeros((10, 10, 3), "u1"), photometric="rgb", metadata=None,
                     extratags=[(532, 5, 6, stated, True)])
    assert files.read_photo(path).notes == ["reference levels of black and white not kept"] * noted


def test_attributes_of_zarr_that_are_not_kept_are_named(tmp_path, capsys):
    zarr = pytest.importorskip("zarr")
    from imfilter.cli.program import main

    attributes = {"_ARRAY_DIMENSIONS": ["y", "x"], "pixel_size": 0.25, "GeoTransform": "0 1 0 0 0 1"}
    array = zarr.create_array(
        str(tmp_path / "a.zarr"), shape=(64, 64), dtype="u1", zarr_format=2, attributes=attributes)
    array[:] = 7
    with pytest.raises(SystemExit) as ended:
        main(["apply", "gaussian", "--stride", "2", str(tmp_path / "a.zarr"), "-o", str(tmp_path / "b.zarr")])
    assert not ended.value.code and "attributes not kept: GeoTransform, pixel_size" in capsys.readouterr().err
