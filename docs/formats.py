"""Write docs/formats.md, what each file format can hold, from the table that the program uses.

    python docs/formats.py
"""
from pathlib import Path

from imfilter.files.formats import FORMATS, KEPT, Format

HEAD = """\
# File formats

Files are recognized by their content, whatever their name, and written in the format of the name's suffix. What a
format cannot hold is never dropped silently: samples, sizes and frames are rejected, and metadata is named in a note.

"""

SAMPLES = {"L": "gray", "RGB": "color", "LA": "alpha", "CMYK": "CMYK", "YCbCr": "YCbCr", "I;16": "16-bit gray",
           "I": "32-bit integers", "F": "floats", "deep": "16-bit color",
           "any": "any depth and number of channels"}

NOTES = """
Other variants of these formats are read as well: palettes become colors, 1-bit images become gray, a transparent color
or palette entry becomes alpha. A GIF is written with a separate palette for each frame, exact up to 256 colors.

* **Depth.** Filters keep the depth. TIFF and interlaced PNG files of 16-bit color, files of floats in several channels,
  with channels beyond alpha, and big-endian BigTIFF files need `pip install 'imfilter[formats]'`, and are rejected
  without it. Without it, you can use other PNG files, 16-bit PPM, 16- and 32-bit gray and float gray.
  `--depth 8|16|float` rescales the result. Lab, and TIFF samples of 10, 12 or 14 bits, are not supported.
* **Frames.** Every frame of an animation and every page of a TIFF file is filtered. Frames are read, filtered and
  written one by one, so few are in memory at once. Durations and the number of repetitions are kept (GIF counts in
  hundredths of a second). Frames are written in full; how a frame reuses parts of the one before may change. Each page
  of a TIFF file keeps its own size, samples and metadata.
* **EXIF** is copied as raw bytes: type, count and value of every entry, in any text encoding and either byte order,
  with the directories Exif, GPS and Interop. Only what the filter made untrue is edited: orientation (photos are turned
  upright, as EXIF or XMP say), width and height, the resolution with `--stride` or `shrink`, and offsets. A maker note
  stays at its offset, so that its own pointers stay valid, or is left out with a note. Entries that are damaged are
  left out with a note each.
* **Old pixels.** What still shows or certifies the photo before the filter is removed, with a note: thumbnails and
  previews (EXIF, maker notes, Photoshop, IPTC, XMP, JPEG segments, PNG texts and chunks), layers, gain maps, depth
  maps, films, thermal images and other images behind the photo, the raw file within DNG entries, signatures (C2PA), and
  whatever large data cameras store in the segments APP3 to APP8 of a JPEG file. So is what announces them in XMP. A
  preview within a maker note becomes zeros of the same length: pictures of any usual format, and samples of any kind to
  which the tables of Casio, Fujifilm, Leica, Minolta, Nikon, Olympus, Pentax, Samsung, Sanyo, Sony and makers alike
  point. `--strip` removes whole notes.
* **Places.** What counts pixels follows them when a photo is turned upright or becomes smaller: the subject's place in
  EXIF, the density of the sensor in EXIF and XMP, regions of faces (MWG, Microsoft), sides of panoramas, EXIF and
  resolution within Photoshop's resources, Aperio's description. Selections and overlays of ImageJ are left out with a
  note if the pixels move, and descriptions of microscopes (Zeiss, FEI, Olympus, Micro-Manager) if they grow. A transfer
  function of TIFF is kept for samples of the same depth.
* **Resolution.** Any value is kept, with or without a unit, and divided by the strides of the filter. JPEG holds whole
  numbers per inch or centimeter: others are rounded, with a note if that changes more than half a percent.
* **TIFF** entries are copied in the same way into TIFF, and into the EXIF of other formats, except those on how pixels
  are stored. The result has the byte order of its source, pages keep their kind (NewSubfileType), and a maker note
  beyond the first megabyte of a file is kept only if it may move. Sizes in OME-XML and in tifffile's descriptions are
  those of the result. With `--stride` and `shrink`, so are the size of a pixel in OME-XML, and the pixel scale, tie
  points, transformation and rational polynomials of GeoTIFF, which a photo that is turned upright cannot keep. GDAL's
  statistics are left out. Planes of ImageJ, tifffile and MetaMorph (STK) that share one table become pages, or are
  named if they cannot be read. Pixels without data (GDAL_NODATA) do not count, and stay so
  ([more](command_line.md#pixels-without-data)). In a palette image the value is an entry of the palette, so it is left
  out with a note. Where 0 is white, and for samples of less than 8 bits, the value is converted as the samples are.
* **Storage of TIFF.** The result of an uncompressed file is uncompressed, that of LZW, PackBits, CCITT and the JPEG of
  TIFF 6.0 is LZW, and any other is deflated. The result of BigTIFF is BigTIFF. EXIF in JPEG states the positioning of
  colors that it requires. So validators such as `exiftool -validate` report nothing that they do not report of the
  source.
* **JPEG** segments hold 64 KB: longer EXIF, XMP and comments are left out with a note.
* **Samples.** Gray TIFF keeps its type, signed or not. Where 0 is white, unsigned samples are inverted; signed and
  float samples have no range to be inverted in, so they are kept, with white as 0. YCbCr TIFF becomes RGB
  by the coefficients and reference levels that a page states, and colors with fewer samples are repeated. CMYK is
  filtered ink by ink, but as light, with a note, where the result lies on white or gray (emboss, contour, signed
  results): full ink would make those black. A PGM or PPM file keeps its largest value. Colors of AVIF and HEIC with
  more than 8 bits are refused.
* **Streams and planes.** PGM, PPM, PBM or PNG files that follow each other in one file are all filtered, and written
  in the same way to the same format, else as frames. The planes of a TIFF volume (ImageDepth) become pages. A TIFF
  file whose first page is a reduced copy of a picture in a SubIFD is refused.
* **HEIC** needs `pip install 'imfilter[heic]'`. A .pbm result holds gray samples of 8 bits.
* **Quality.** A JPEG file is written with the quantization tables of its source, if that is a JPEG file, else with
  quality {jpeg}. WebP stays lossless if it was, else it has quality {webp}. `--quality` overrides both.
* **Coding of JPEG.** The chroma subsampling of the source (4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1 and any other), RGB
  instead of YCbCr, and the progressive mode are kept, also with `--quality`. A photo that is turned by 90 degrees swaps
  4:2:2 and 4:4:0. `--subsampling 444|422|420|440` overrides the source's. Other sources become 4:2:0.
* **PNG chunks.** Texts and private chunks marked safe to copy are kept byte for byte, as are gamma, chromaticities and
  color coding.
* **JPEG segments.** Photoshop's segment (captions) and those of other programs are kept from JPEG to JPEG.
* **Color profiles** that are damaged are left out with a note.
* **Never kept, but noted:** images within a TIFF page (SubIFDs), a fourth channel of unknown
  meaning, extensions of GIF files, comments of PPM files, color profiles of BMP files, chunks that depend on the old
  pixels, and the second image in a camera's JPEG file (a preview, depth or gain map).
* **Without metadata** (`--strip`), everything is dropped without a note except what defines the colors: profile, gamma
  and chromaticities, and without a profile the color space in EXIF (Adobe RGB). A wide-gamut photo would look different
  without them.
* **Large files.** A frame whose header claims more pixels than Pillow's limit (89.5 megapixels) is rejected before
  anything is decoded, unless `--max-pixels` is higher. The limit holds for all frames, pages and files of a stream
  together. Without the option, a file of several frames may have 64 pixels for each of its bytes, if that is more.
  Standard input and pipes may hold 8 bytes for each pixel of the limit, at least 16 MB. TIFF files are written up to
  4 GB, unless the source is BigTIFF; [tiles](large_files.md) have no such limits.
* **Damaged and hostile files** are rejected in one sentence, see [SECURITY.md](../SECURITY.md). TIFF files whose tables
  mention more than four times the bytes of the file, and JPEG files with more than 256 segments of EXIF, are refused.
  Texts of PNG are unpacked up to 64 MB, to look for pictures in them. At most 100 notes are given on a file.
"""


def list_samples(kind: Format) -> str:
    """Return the samples that a format can hold, in words."""
    return ", ".join(words for mode, words in SAMPLES.items() if mode in kind.modes)


def catalog() -> str:
    """Return the text of docs/formats.md: a line for each format, and notes on all of them."""
    from imfilter.files.encoding import WEBP_QUALITY
    from imfilter.files.jpeg import QUALITY

    columns = ["format", "suffixes", "samples", "frames", "metadata", "largest side"]
    text = f"{HEAD}| {' | '.join(columns)} |\n|{' --- |' * len(columns)}\n"
    for kind in {kind.name: kind for kind in FORMATS.values()}.values():
        suffixes = " ".join(suffix for suffix, other in FORMATS.items() if other is kind)
        kept = ", ".join(KEPT[key] for key in kind.keeps if key != "duration") or "none"
        largest = f"{kind.largest:,}" if kind.largest < 2**31 - 1 else "any"
        text += f"| {kind.name} | {suffixes} | {list_samples(kind)} | {kind.frames or 'one'} | {kept} | {largest} |\n"
    return text + NOTES.format(jpeg=QUALITY, webp=WEBP_QUALITY)


if __name__ == "__main__":
    (Path(__file__).parent / "formats.md").write_text(catalog(), encoding="utf-8")
