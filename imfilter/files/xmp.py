"""Edit XMP as raw bytes: remove what shows or announces the old pixels, and replace single values."""
from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from fractions import Fraction

from .photo import add_note
from .pictures import ENCODED
from .xmp_regions import size_regions, turn_regions

TIFF, EXIF = b"http://ns.adobe.com/tiff/1.0/", b"http://ns.adobe.com/exif/1.0/"
PANO = b"http://ns.google.com/photos/1.0/panorama/"
PANORAMA = (b"CroppedAreaImageWidthPixels", b"CroppedAreaImageHeightPixels", b"FullPanoWidthPixels",
            b"FullPanoHeightPixels", b"CroppedAreaLeftPixels", b"CroppedAreaTopPixels")
# Properties that are pixels per unit, across and down.
DENSITIES = ((TIFF, b"XResolution", b"YResolution"), (EXIF, b"FocalPlaneXResolution", b"FocalPlaneYResolution"))
NOTE = b"http://ns.adobe.com/xmp/note/"
GAIN, FILM, DEPTH, THUMBNAIL, SIGNATURE = "gain map", "film", "depth map", "thumbnail in XMP", "signature"
# What is removed, by namespace: the starts of names, and what they are.
REMOVED: dict[bytes, tuple[tuple[bytes, ...], str]] = {
    b"http://ns.adobe.com/xap/1.0/": ((b"Thumbnails", b"PageInfo"), THUMBNAIL),
    b"http://ns.adobe.com/xap/1.0/g/img/": ((b"",), THUMBNAIL),
    b"http://ns.google.com/photos/1.0/image/": ((b"",), THUMBNAIL),
    b"http://ns.adobe.com/hdr-gain-map/1.0/": ((b"",), GAIN),
    b"http://ns.apple.com/HDRGainMap/1.0/": ((b"",), GAIN),
    b"http://ns.apple.com/pixeldatainfo/1.0/": ((b"",), GAIN),
    b"http://ns.google.com/photos/1.0/camera/": ((b"MicroVideo", b"MotionPhoto"), FILM),
    b"http://ns.google.com/photos/1.0/container/": ((b"",), "data behind the photo"),
    b"http://ns.google.com/photos/1.0/container/item/": ((b"",), "data behind the photo"),
    b"http://ns.google.com/photos/1.0/depthmap/": ((b"",), DEPTH),
    b"http://ns.google.com/photos/dd/1.0/": ((b"",), DEPTH),
    b"http://ns.xiaomi.com/photos/1.0/camera/": ((b"",), "data behind the photo"),
    b"http://ns.oplus.com/photos/1.0/camera/": ((b"",), FILM),
    b"http://ns.vivo.com/photos/1.0/camera/": ((b"",), FILM),
    b"http://purl.org/dc/terms/": ((b"provenance",), SIGNATURE),
}
WHY = {GAIN: "fits the photo before the filter", FILM: "shows the photo before the filter",
       DEPTH: "fits the photo before the filter", THUMBNAIL: "shows the photo before the filter",
       SIGNATURE: "certifies the photo before the filter"}
DECLARED = re.compile(rb"""xmlns:([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
TAG = re.compile(rb"""<(/?)([\w:.-]+)((?:[^<>"']|"[^"]*"|'[^']*')*)>""")
ATTRIBUTE = re.compile(rb"""(?<!\s)\s+([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')""")
SKIPPED = {b"<?": b"?>", b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<!": b">"}  # in this order
WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")


def describe_removed(what: str) -> str:
    """Return the note on what is removed because it shows or certifies the old pixels."""
    return f"{what} not kept: it {WHY.get(what, 'belongs to the photo before the filter')}"


def edit_xmp(
    xmp: bytes, values: dict[tuple[bytes, bytes], bytes], notes: list[str],
    change: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Return XMP without what belongs to the old pixels. values: new values by namespace and name, where there is one.

    change: a function that edits the text further.

    XMP that cannot be read is left out with a note.

    Examples
    --------
    >>> xmp = b"<a xmlns:t='http://ns.adobe.com/tiff/1.0/' t:Orientation='6' t:Make='J&#246;rg'/>"
    >>> edit_xmp(xmp, {(TIFF, b"Orientation"): b"1"}, [])
    b"<a xmlns:t='http://ns.adobe.com/tiff/1.0/' t:Orientation='1' t:Make='J&#246;rg'/>"
    """
    code = _find_code(xmp)
    try:
        plain = xmp.decode(code).encode() if code else xmp
        edited = _Editor(plain, values).run(notes)
        edited = change(edited) if change else edited
    except ValueError:
        add_note(notes, "XMP not kept: it cannot be read")
        return b""
    if edited == plain:
        return xmp
    return edited.decode().encode(code) if code else edited


def _find_code(xmp: bytes) -> str:
    """Return the encoding of XMP, if it is wider than a byte."""
    return next((code for code in WIDE if xmp.startswith(("<".encode(code), "\ufeff".encode(code)))), "")


def read_value(xmp: bytes, namespace: bytes, name: bytes) -> bytes | None:
    """Return the value of a property, as it is written, or None if there is none."""
    found, code = list[bytes](), _find_code(xmp)
    try:
        _Editor(xmp.decode(code).encode() if code else xmp, {(namespace, name): b""}, found).run([])
    except ValueError:
        return None
    return found[0] if found else None


def read_orientation(xmp: bytes) -> int:
    """Return the orientation that XMP states, 1 to 8; 1 if it states none."""
    value = read_value(xmp, TIFF, b"Orientation") or b""
    return int(value) if value in (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8") else 1


def clean_xmp(xmp: bytes, turn: int, notes: list[str]) -> bytes:
    """Return XMP that is upright and shows no old pixels. turn: the orientation that the photo had."""
    values = {(TIFF, b"Orientation"): b"1"}
    for space, across, down in DENSITIES if turn > 4 else ():
        pair = read_value(xmp, space, across), read_value(xmp, space, down)
        if all(pair):
            values |= {(space, across): pair[1] or b"", (space, down): pair[0] or b""}
    return edit_xmp(xmp, values, notes, lambda text: turn_regions(text, turn))


def update_xmp(xmp: bytes, size: tuple[int, int], stride: tuple[int, int], notes: list[str]) -> bytes:
    """Set the size in XMP, and divide resolutions and the sides of a panorama by the strides (down, across)."""
    width, height = (str(side).encode() for side in size)
    values = {(TIFF, b"ImageWidth"): width, (TIFF, b"ImageLength"): height,
              (EXIF, b"PixelXDimension"): width, (EXIF, b"PixelYDimension"): height}
    if stride != (1, 1):
        values |= _scale_values(xmp, stride)
    return edit_xmp(xmp, values, notes, lambda text: size_regions(text, size))


def _scale_values(xmp: bytes, stride: tuple[int, int]) -> dict[tuple[bytes, bytes], bytes]:
    """Return the new values of properties that count pixels."""
    values = {}
    ratios = [(space, name, step) for space, *names in DENSITIES
              for name, step in zip(names, stride[::-1], strict=True)]
    for space, name, step in ratios:
        with contextlib.suppress(ValueError, ZeroDivisionError):
            after = Fraction((read_value(xmp, space, name) or b"").decode()) / step
            values[space, name] = f"{after.numerator}/{after.denominator}".encode()
    for name in PANORAMA:
        with contextlib.suppress(ValueError):
            step = stride[b"Height" not in name and b"Top" not in name]
            values[PANO, name] = b"%d" % -(-int(read_value(xmp, PANO, name) or b"") // step)
    return values


class _Editor:
    """Copies XMP tag by tag. found: receives the values that are replaced."""

    def __init__(self, xmp: bytes, values: dict[tuple[bytes, bytes], bytes], found: list[bytes] | None = None) -> None:
        self.xmp, self.found = xmp, found if found is not None else []
        spaces = {(match[1], match[2] or match[3] or b"") for match in DECLARED.finditer(xmp)}
        self._values = {prefix + b":" + name: value for (space, name), value in values.items()
                        for prefix, uri in spaces if uri == space}
        self._removed = {prefix + b":": rule for prefix, uri in spaces
                         for space, rule in REMOVED.items()
                         if uri == space or (space.endswith(b"dd/1.0/") and uri.startswith(space))}
        self._gone = {b"xmlns:" + prefix[:-1] for prefix, (names, _) in self._removed.items() if names == (b"",)}

    def run(self, notes: list[str]) -> bytes:
        self._notes = notes
        text = b"".join(self._copy())
        if ENCODED.search(text):
            add_note(notes, describe_removed(THUMBNAIL))
            text = ENCODED.sub(b"", text)
        return text

    def _copy(self) -> Iterator[bytes]:
        place, xmp, depth = 0, self.xmp, 0
        while (start := xmp.find(b"<", place)) >= 0:
            if not depth:
                yield xmp[place:start]
            end = self._end_of_skipped(start)
            if end:
                yield b"" if depth else xmp[start:end]
                place = end
                continue
            tag = TAG.match(xmp, start)
            if tag is None:
                raise ValueError
            place, alone = tag.end(), tag[3].endswith(b"/")
            if depth:
                depth += 0 if alone else -1 if tag[1] else 1
            elif not tag[1] and self._is_removed(tag[2]):
                depth = 0 if alone else 1
            else:
                yield b"<" + tag[1] + tag[2] + ATTRIBUTE.sub(self._edit_attribute, tag[3]) + b">"
                if tag[2] in self._values and not tag[1] and not alone:
                    place = self._replace_text(place)
                    yield self._values[tag[2]]
        if depth:
            raise ValueError
        yield xmp[place:]

    def _end_of_skipped(self, start: int) -> int:
        """Return the end of a comment or instruction, 0 if there is none here."""
        for opening, closing in SKIPPED.items():
            if self.xmp.startswith(opening, start):
                end = self.xmp.find(closing, start)
                if end < 0:
                    raise ValueError
                return end + len(closing)
        return 0

    def _replace_text(self, place: int) -> int:
        end = self.xmp.find(b"<", place)
        if end < 0:
            raise ValueError
        self.found.append(self.xmp[place:end].strip())
        return end

    def _is_removed(self, name: bytes) -> bool:
        prefix = name[:name.find(b":") + 1]
        names, what = self._removed.get(prefix, ((), ""))
        if not name[len(prefix):].startswith(names) or not names:
            return False
        add_note(self._notes, describe_removed(what))
        return True

    def _edit_attribute(self, attribute: re.Match[bytes]) -> bytes:
        name, quoted = attribute[1], attribute[2]
        if name in self._gone or self._is_removed(name):
            return b""
        if name in self._values:
            self.found.append(quoted[1:-1].strip())
            return attribute[0][:-len(quoted)] + quoted[:1] + self._values[name] + quoted[:1]
        return attribute[0]
