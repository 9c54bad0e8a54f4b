"""Write docs/formats.md, what each file format holds, from the table that the program goes by.

    python docs/formats.py
"""
from pathlib import Path

from imfilter.files.formats import FORMATS, KEPT, Format

HEAD = """\
# File formats

Files are read by their contents, whatever their names, and written in the format of the name's suffix. What a format
cannot hold is refused (samples, sizes, frames) or named in a note (metadata), never dropped without a word.

"""

SAMPLES = {"L": "gray", "RGB": "color", "LA": "alpha", "CMYK": "CMYK", "YCbCr": "YCbCr", "I;16": "16-bit gray",
           "I": "32-bit whole numbers", "F": "floats", "deep": "16-bit color",
           "any": "any depth and number of channels"}

NOTES = """
Read are also the other kinds that these formats have: palettes become colors, 1-bit pictures become gray, a
transparent color or palette entry becomes alpha. A GIF is written with a palette of its own for each frame, exact up
to 256 colors.

* **Depth.** Files of 16-bit color, of floats in several channels, of more channels than alpha, and big-endian BigTIFF
  files are read with `pip install 'imfilter[formats]'`, and refused without it; 16-bit PPM files need nothing. Filters
  keep the depth. 16-bit gray and float gray are read in any case. Not read are Lab, and samples of 10, 12 or 14 bits
  in TIFF.
* **Frames.** Every frame of an animation and every page of a TIFF file is filtered, and read, filtered and written one
  by one, so that few are in memory at once. Durations and the number of times an animation is played are kept (GIF
  counts hundredths of a second). Frames are written whole, as they are seen: what a frame leaves out and how it is
  disposed of may be stored in another way. Each page of a TIFF file has its own size, samples and metadata.
* **Orientation.** Photos are turned upright as EXIF or XMP say, and the tags then say so; the width and height in EXIF
  are those of the result.
* **Quality.** A JPEG file is written with the quantization tables and the subsampling of the JPEG file it comes from,
  other photos with quality {jpeg}. WebP stays lossless if it was, else it has quality {webp}. A quality that is asked
  for comes before both.
* **Texts of PNG files** and private chunks that are safe to copy are kept byte for byte, gamma, chromaticities and
  coding of colors too. Photoshop's segment of JPEG files (captions) and those of other programs are kept from JPEG to
  JPEG.
* **Never kept, and named:** the shape of pixels that are not square, pictures within a TIFF page, a fourth channel
  without a meaning, extensions of GIF files, comments of PPM files, color profiles of BMP files, chunks that speak of
  the old pixels (signatures), the second picture of a camera's JPEG file (a preview, depth or gain map).
* **Without metadata** (`strip`) all of it is left out without a note, but for what colors mean: profile, gamma,
  chromaticities. Without a profile, a photo of a wide gamut would look different.
* **Large files.** A frame that claims more pixels than Pillow's limit (89.5 megapixels) is refused from its header,
  unless a higher limit is asked for. TIFF files are written up to 4 GB.
"""


def samples(kind: Format) -> str:
    """Say which samples a format holds."""
    return ", ".join(words for mode, words in SAMPLES.items() if mode in kind.modes)


def catalog() -> str:
    """Return docs/formats.md: a line for each format, and what holds for all of them."""
    from imfilter.files.encoding import JPEG_QUALITY, WEBP_QUALITY

    columns = ["format", "suffixes", "samples", "frames", "metadata", "largest side"]
    text = f"{HEAD}| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n"
    for kind in {kind.name: kind for kind in FORMATS.values()}.values():
        suffixes = " ".join(suffix for suffix, other in FORMATS.items() if other is kind)
        kept = ", ".join(KEPT[key] for key in kind.keeps if key != "duration") or "none"
        largest = f"{kind.largest:,}" if kind.largest < 2**31 - 1 else "any"
        text += f"| {kind.name} | {suffixes} | {samples(kind)} | {kind.frames or 'one'} | {kept} | {largest} |\n"
    return text + NOTES.format(jpeg=JPEG_QUALITY, webp=WEBP_QUALITY)


if __name__ == "__main__":
    (Path(__file__).parent / "formats.md").write_text(catalog(), encoding="utf-8")
