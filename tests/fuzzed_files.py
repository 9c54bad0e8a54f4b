"""Valid but unusual files of each format, built from their structures, and damage done to these structures.

Each maker returns the parts of a file; what joins them again repairs lengths and checksums, so that damage to a part
reaches the code behind the first check.
"""
import itertools
import struct
import zlib

from awkward import chunk, encoded, exif, photo

ODD = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 257, 999, 32767, 32768, 65535, 65536, 2**24,
       2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1]
SUBBLOCK = 255


def noise(chance, count):
    """Return random bytes, or those of one value."""
    return chance.choice([chance.randbytes, lambda size: bytes([chance.randrange(256)]) * size])(count)


def side(chance):
    return chance.choice([1, 1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 40])


def bump(chance, data):
    """Overwrite a number of 1, 2, 4 or 8 bytes, insert or delete bytes."""
    place, size = chance.randrange(len(data) + 1), chance.choice([1, 1, 2, 4, 8])
    value = (chance.choice(ODD) % 256**size).to_bytes(size, chance.choice(["big", "little"]))
    return data[:place] + chance.choice([value, value, value, b""]) + data[place + chance.choice([size, size, 0]):]


def damage(chance, parts):
    """Change a file's parts a few times: one is dropped, doubled, moved, taken from elsewhere, or its bytes change."""
    parts = list(parts)
    for _ in range(chance.choice([0, 0, 1, 1, 1, 2, 3, 5])):
        if not parts:
            return parts
        k, j = chance.randrange(len(parts)), chance.randrange(len(parts))
        kind = chance.randrange(8)
        if kind == 0:
            del parts[k]
        elif kind == 1:
            parts.insert(j, parts[k])
        elif kind == 2:
            parts[k], parts[j] = parts[j], parts[k]
        elif kind == 3:
            parts[k:k + 1] = [parts[k]] * chance.choice([2, 3, 50])
        elif isinstance(parts[k], bytes):
            parts[k] = bump(chance, parts[k])
        else:
            place = chance.randrange(len(parts[k]))
            values = list(parts[k])
            whole = isinstance(values[place], bytes)
            values[place] = bump(chance, values[place]) if whole else change_value(chance, values[place])
            parts[k] = tuple(values)
    return parts


def change_value(chance, value):
    if isinstance(value, list):
        value = list(value)
        if not value or chance.random() < 0.3:
            return value * 2 + [chance.choice(ODD)]
        value[chance.randrange(len(value))] = chance.choice(ODD)
        return value if chance.random() < 0.9 else value[:-1]
    return chance.choice([chance.choice(ODD), value + 1, max(0, value - 1)])


def make_png(chance):
    """PNG of any kind of pixels, interlaced or not, in several chunks of data, with rare chunks."""
    kind = chance.choice([0, 2, 3, 4, 6])
    depth = chance.choice({0: [1, 2, 4, 8, 16], 3: [1, 2, 4, 8]}.get(kind, [8, 16]))
    width, height, laced = side(chance), side(chance), chance.randrange(2)
    bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for left, top, across, down in passes if laced else [(0, 0, 1, 1)]:
        columns, lines = -(-(width - left) // across), -(-(height - top) // down)
        for _ in range(lines if columns > 0 else 0):
            rows += bytes([chance.randrange(5)]) + noise(chance, -(-columns * bits // 8))
    packed = zlib.compress(rows, chance.randrange(10))
    cut = sorted(chance.randrange(len(packed) + 1) for _ in range(chance.randrange(4)))
    pieces = [packed[a:b] for a, b in itertools.pairwise([0, *cut, len(packed)])]
    colors = 3 * chance.choice([1, 2, 2**depth if depth < 16 else 256])
    between = [(b"PLTE", noise(chance, colors))] * (kind == 3 or (kind in (2, 6) and chance.random() < 0.2))
    rare = [(b"tRNS", noise(chance, {0: 2, 2: 6}.get(kind, colors // 3))), (b"gAMA", struct.pack(">I", 45455)),
            (b"pHYs", struct.pack(">IIB", 2835, 2835, 1)), (b"sBIT", bytes([depth] * 3)), (b"bKGD", bytes(6)),
            (b"tEXt", b"Comment\0\xe9 and more"), (b"zTXt", b"Comment\0\0" + zlib.compress(b"text " * 99)),
            (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"), (b"sRGB", b"\1"),
            (b"eXIf", exif(chance.randrange(10)).tobytes()[6:]), (b"iCCP", b"p\0\0" + zlib.compress(bytes(200))),
            (b"cICP", b"\t\x10\0\1"), (b"cHRM", bytes(32)), (b"tIME", bytes(7)), (b"abCd", b"private"),
            (b"acTL", struct.pack(">II", 1, 0)),
            (b"fcTL", struct.pack(">IIIIIHHBB", 0, width, height, 0, 0, 1, 10, 0, 0))]
    between += [chunk for chunk in rare if chance.random() < 0.12]
    chance.shuffle(between)
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, laced)
    chunks = damage(chance, [(b"IHDR", head), *between, *((b"IDAT", piece) for piece in pieces), (b"IEND", b"")])
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk((name + b"    ")[:4], data) for name, data in chunks)


def make_tiff(chance):
    """TIFF of either byte order, classic or big, in strips or tiles, of any depth, with pages and rare tags."""
    order, big = chance.choice("<>"), chance.random() < 0.2
    word, head = (order + "Q", 16) if big else (order + "I", 8)
    body, tables = bytearray(head), []
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        tables.append(damage(chance, _page_entries(chance, order, body)))
    start = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "H", 43 if big else 42)
    body[:head] = start + (struct.pack(order + "HHQ", 8, 0, 0) if big else bytes(4))
    link = head - (8 if big else 4)
    for entries in tables:
        body += bytes(len(body) % 2)
        body[link:link + (8 if big else 4)] = struct.pack(word, len(body))
        table, link = _pack_table(entries, order, big, len(body))
        body += table
    if chance.random() < 0.05:  # the last table names one before it, or a place outside
        body[link:link + (8 if big else 4)] = struct.pack(word, chance.choice([8, 16, len(body), 2**31]))
    return bytes(body)


def _page_entries(chance, order, body):
    """Return the entries of a page, (tag, type, values), and put its samples into the body."""
    width, height = side(chance), side(chance)
    photometric, bands = chance.choice([(0, 1), (1, 1), (1, 2), (2, 3), (2, 4), (2, 5), (3, 1), (5, 4), (6, 3), (8, 3)])
    depth = chance.choice([1, 2, 4, 8, 8, 8, 12, 16, 16, 32, 64] if photometric < 2 else [8, 8, 16])
    separate, tiled, packing = chance.random() < 0.2, chance.random() < 0.2, chance.choice([1, 1, 8, 32946, 32773])
    rows = 16 if tiled else chance.choice([1, 2, height, 2**32 - 1])
    columns = 16 if tiled else width
    down = -(-height // rows)
    size = min(rows, 64 if tiled else height) * -(-columns * depth * (1 if separate else bands) // 8)
    count = down * (-(-width // columns)) * (bands if separate else 1)
    places, sizes = [], []
    for _ in range(count):
        data = noise(chance, size)
        if packing in (8, 32946):
            data = zlib.compress(data)
        elif packing == 32773:
            data = b"".join(bytes([len(data[k:k + 128]) - 1]) + data[k:k + 128] for k in range(0, len(data), 128))
        places.append(len(body))
        sizes.append(len(data))
        body += data
    kind = 3 if chance.random() < 0.8 and max([*places, *sizes]) < 65536 else 4
    layout = [(322, 3, [16]), (323, 3, [16]), (324, kind, places), (325, kind, sizes)] if tiled else [
        (273, kind, places), (278, 4 if rows > 65535 else 3, [rows]), (279, kind, sizes)]
    sample = chance.choice([1, 2, 3]) if depth >= 16 else 1
    extra = [(338, 3, [chance.randrange(3)] * (bands - {1: 1, 2: 3}[photometric]))] if (photometric, bands) in (
        (1, 2), (2, 4), (2, 5)) else []
    mapped = photometric == 3 and depth < 9
    colors = [(320, 3, [chance.randrange(65536) for _ in range(3 * 2**depth)])] if mapped else []
    rare = [(254, 4, [chance.randrange(8)]), (266, 3, [2]), (270, 2, list(b"text\0")), (274, 3, [chance.randrange(10)]),
            (282, 5, [72, 1]), (283, 5, [0, 0]), (296, 3, [2]), (305, 2, list(b"x\0")),
            (317, 3, [chance.choice([1, 2, 3])]), (330, 4, [8]), (34665, 4, [8]), (34853, 4, [8]),
            (34675, 7, list(bytes(130))), (700, 1, list(b"<x/>")), (42113, 2, list(b"0\0")),
            (42113, 2, list(b"nan\0")), (33550, 12, [0, 0]), (65000, 11, [0]), (65001, 13, [8]),
            (529, 5, [299, 1000, 587, 1000, 114, 1000]), (530, 3, [1, 1]), (50740, 7, list(bytes(40)))]
    entries = [(256, 3, [width]), (257, 4, [height]), (258, 3, [depth] * bands), (259, 3, [packing]),
               (262, 3, [photometric]), (277, 3, [bands]), (284, 3, [2 if separate else 1]), (339, 3, [sample] * bands),
               *layout, *extra, *colors, *(entry for entry in rare if chance.random() < 0.06)]
    return sorted(entries) if chance.random() < 0.95 else entries


def _pack_table(entries, order, big, place):
    """Return a table with the values behind it, and the place of the link to the next one."""
    letters = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "i", 11: "f", 12: "d",
               13: "I", 16: "Q", 17: "q", 18: "Q"}
    room, size = (8, 20) if big else (4, 12)
    table, more = struct.pack(order + ("Q" if big else "H"), len(entries) & 0xFFFF), b""
    behind = place + len(table) + size * len(entries) + room
    for tag, kind, values in entries:
        letter = letters.get(kind, "I")
        bits = 8 * struct.calcsize(order + letter)
        if letter in "fd":
            raw = struct.pack(f"{order}{len(values)}{letter}", *values)
        else:
            raw = b"".join((value % 2**bits).to_bytes(bits // 8, "little" if order == "<" else "big")
                           for value in values)
        count = len(values) // (2 if kind in (5, 10) else 1)
        if len(raw) > room:
            more += raw
            raw = struct.pack(order + ("Q" if big else "I"), behind + len(more) - len(raw))
        table += struct.pack(order + ("HHQ" if big else "HHI"), tag % 65536, kind % 65536, count)
        table += raw.ljust(room, b"\0")
    return table + bytes(room) + more, place + len(table)


def make_jpeg(chance):
    """JPEG with marker segments that are rare, repeated, moved, or hold other numbers."""
    image = photo(chance.choice(["L", "RGB", "RGB", "CMYK"]), (side(chance), side(chance)))
    options = {"progressive": chance.random() < 0.3, "optimize": chance.random() < 0.3,
               "quality": chance.choice([1, 50, 95, 100]), "subsampling": chance.randrange(3),
               "restart_marker_blocks": chance.choice([0, 0, 1, 3])}
    data = encoded(image, "JPEG", **options)
    parts, place = [], 2
    while data[place + 1] != 0xDA:
        size = int.from_bytes(data[place + 2:place + 4], "big")
        parts.append((data[place + 1], data[place + 4:place + 2 + size]))
        place += 2 + size
    rare = [(0xE1, exif(chance.randrange(10)).tobytes()), (0xFE, b"\xff comment"), (0xEE, b"Adobe\0\x64\0\0\0\0\1"),
            (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
            (0xE2, b"ICC_PROFILE\0\1\1" + bytes(140)), (0xE2, b"ICC_PROFILE\0\2\3" + bytes(9)),
            (0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\0\0\0\5\x1c\2\x05\0\0\0"),
            (0xE0, b"JFXX\0\x10"), (0xEF, b""), (0xDD, b"\0\1"), (0xE2, b"MPF\0II*\0\x08\0\0\0\0\0")]
    for segment in rare:
        if chance.random() < 0.12:
            parts.insert(chance.randrange(len(parts) + 1), segment)
    fill = chance.choice([b"", b"", b"\xff", b"\xff" * 20])
    head = b"".join(fill + bytes([0xFF, kind % 256]) + struct.pack(">H", (len(body) + 2) % 65536) + body
                    for kind, body in damage(chance, parts))
    scan = data[place:] if chance.random() < 0.7 else bump(chance, data[place:])
    return b"\xff\xd8" + head + scan


def make_webp(chance):
    """WebP, lossy or not, still or moving, with chunks that are rare, repeated, moved or of odd sizes."""
    image = photo(chance.choice(["RGB", "RGBA"]), (side(chance), side(chance)))
    more = {"save_all": True, "append_images": [image] * 2, "duration": 40} if chance.random() < 0.3 else {}
    if chance.random() < 0.4:
        more["exif"] = exif(chance.randrange(10))
    data = encoded(image, "WEBP", lossless=chance.random() < 0.5, **more)
    parts, place = [], 12
    while place < len(data):
        size = int.from_bytes(data[place + 4:place + 8], "little")
        parts.append((data[place:place + 4], data[place + 8:place + 8 + size]))
        place += 8 + size + size % 2
    rare = [(b"ICCP", bytes(140)), (b"XMP ", b"<x/>"), (b"EXIF", b"II*\0\x08\0\0\0\0\0"), (b"ALPH", b"\0"),
            (b"abcd", b"odd")]
    parts += [chunk for chunk in rare if chance.random() < 0.1]
    body = b"".join((name + b"    ")[:4] + struct.pack("<I", len(own)) + own + bytes(len(own) % 2)
                    for name, own in damage(chance, parts))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def make_gif(chance):
    """GIF with frames beside each other, local palettes, interlaced, with odd disposals and blocks."""
    width, height = side(chance), side(chance)
    bits = chance.randrange(1, 9)
    shared = chance.random() < 0.7
    head = struct.pack("<HHBBB", width, height, (0x80 if shared else 0) | (bits - 1), chance.randrange(256), 0)
    parts = [b"GIF89a", head + (noise(chance, 3 * 2**bits) if shared else b"")]
    if chance.random() < 0.4:
        parts.append(b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0")
    for _ in range(chance.choice([1, 1, 2, 3])):
        if chance.random() < 0.5:
            parts.append(b"!\xf9\4" + struct.pack("<BHB", chance.randrange(32), chance.choice(ODD) % 65536, 0) + b"\0")
        if chance.random() < 0.1:
            parts.append(b"!\xfe\3abc\0")
        across, down = (width, height) if chance.random() < 0.6 else (side(chance), side(chance))
        own = not shared or chance.random() < 0.2
        flags = (0x80 | (bits - 1) if own else 0) | chance.choice([0, 0x40])
        place = chance.choice([(0, 0), (0, 0), (1, 2), (5, 60)])
        palette = noise(chance, 3 * 2**bits) if own else b""
        parts.append(b"," + struct.pack("<HHHHB", *place, across, down, flags) + palette)
        parts.append(_pack_codes(chance, max(bits, 2), across * down))
    return b"".join(damage(chance, [*parts, b";"]))


def _pack_codes(chance, bits, count):
    """Return samples as LZW codes of constant length: the table is cleared before it makes them longer."""
    clear, codes = 2**bits, []
    for k in range(count):
        codes += [clear] * (k % (2**bits - 2) == 0) + [chance.randrange(2**bits)]
    stream = sum(code << (k * (bits + 1)) for k, code in enumerate([*codes, clear + 1]))
    data = stream.to_bytes((len(codes) + 1) * (bits + 1) // 8 + 1, "little")
    blocks = [data[k:k + SUBBLOCK] for k in range(0, len(data), SUBBLOCK)]
    return bytes([bits]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def make_bmp(chance):
    """BMP of each header version and depth, bottom-up and top-down, with masks or run lengths."""
    width, height = side(chance), side(chance)
    size = chance.choice([12, 40, 40, 52, 56, 108, 124])
    depth = chance.choice([1, 4, 8, 24]) if size == 12 else chance.choice([1, 4, 8, 16, 24, 32])
    packing = 0 if size == 12 else chance.choice({4: [0, 2], 8: [0, 1], 16: [0, 3], 32: [0, 3]}.get(depth, [0]))
    upright = size != 12 and chance.random() < 0.3
    colors = 2**depth if depth <= 8 else 0
    masks = struct.pack("<IIII", *([0xF800, 0x7E0, 0x1F, 0] if depth == 16 else [0xFF0000, 0xFF00, 0xFF, 0xFF000000]))
    if size == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, depth)
    else:
        head = struct.pack("<IiiHHIIiiII", size, width, -height if upright else height, 1, depth, packing, 0, 2835,
                           2835, chance.choice([0, colors]), 0)
        head += (masks + bytes(68))[:size - 40] if size > 40 else masks[:12] * (packing == 3)
    palette = noise(chance, colors * (3 if size == 12 else 4))
    if packing in (1, 2):
        body = b"".join(bytes([width, chance.randrange(256), 0, 0]) for _ in range(height)) + b"\0\1"
    else:
        body = noise(chance, -(-width * depth // 32) * 4 * height)
    head, palette, body = (damage(chance, [part])[0:1] for part in (head, palette, body))
    before = b"".join([*head, *palette])
    whole = b"".join([before, *body])
    return b"BM" + struct.pack("<IHHI", 14 + len(whole), 0, 0, 14 + len(before)) + whole


def make_pnm(chance):
    """PNM and PFM, plain or raw, with comments and odd spaces, several behind each other."""
    whole = []
    for _ in range(chance.choice([1, 1, 1, 2, 5])):
        kind, width, height = chance.choice([1, 2, 3, 4, 5, 6, 5, 6, 7, "f", "F"]), side(chance), side(chance)
        most = chance.choice([1, 2, 15, 100, 255, 256, 1023, 4095, 65535])
        space = chance.choice([b" ", b"\n", b" # a comment\n", b"\t \r\n"])
        bands = {3: 3, 6: 3, 7: chance.choice([1, 2, 3, 4]), "F": 3}.get(kind, 1)
        sizes = [str(number).encode() for number in (width, height, most)]
        count = width * height * bands
        if kind in (1, 2, 3):
            body = space.join(str(chance.randrange((1 if kind == 1 else most) + 1)).encode()
                              for _ in range(count)) + b"\n"
        elif kind == 4:
            body = noise(chance, -(-width // 8) * height)
        elif kind in ("f", "F"):
            body, sizes[2] = struct.pack(f"<{count}f", *[0.5] * count), b"-1.0"
        else:
            number = chance.randrange(most + 1)
            body = number.to_bytes(2 if most > 255 else 1, "big") * count
        if kind == 7:
            kinds = {1: b"GRAYSCALE", 2: b"GRAYSCALE_ALPHA", 3: b"RGB", 4: b"RGB_ALPHA"}
            head = [b"P7\nWIDTH ", sizes[0], b"\nHEIGHT ", sizes[1], b"\nDEPTH %d" % bands, b"\nMAXVAL ", sizes[2],
                    b"\nTUPLTYPE " + kinds[bands], b"\nENDHDR\n"]
        else:
            head = [b"P" + str(kind).encode(), space, sizes[0], space, sizes[1]]
            head += [b"\n"] if kind in (1, 4) else [space, sizes[2], b"\n"]
        whole += [*head, body]
    return b"".join(damage(chance, whole))


def make_y4m(chance):
    """Y4m of each color space, with rare parameters in its header and its frames."""
    width, height = side(chance), side(chance)
    name, (down, across), depth = chance.choice([
        ("420jpeg", (2, 2), 8), ("420", (2, 2), 8), ("420p10", (2, 2), 10), ("422", (1, 2), 8), ("444", (1, 1), 8),
        ("444p16", (1, 1), 16), ("411", (1, 4), 8), ("410", (4, 4), 8), ("440", (2, 1), 8), ("mono", (0, 0), 8),
        ("mono12", (0, 0), 12), ("444alpha", (1, 1), 8)])
    planes = width * height + (2 * -(-height // down) * -(-width // across) if down else 0)
    head = [b"YUV4MPEG2", b" W%d" % width, b" H%d" % height, b" F25:1", b" C" + name.encode()]
    head += [word for word in (b" Ip", b" A1:1", b" A0:0", b" It", b" XCOLORRANGE=FULL", b" F0:0")
             if chance.random() < 0.2]
    frame = noise(chance, planes) if depth == 8 else chance.randrange(2**depth).to_bytes(2, "little") * planes
    frames = [part for _ in range(chance.randrange(4))
              for part in (chance.choice([b"FRAME\n", b"FRAME\n", b"FRAME Ixyz\n"]), frame)]
    return b"".join(damage(chance, [*head, b"\n", *frames]))


MAKERS = {".png": make_png, ".tif": make_tiff, ".jpg": make_jpeg, ".webp": make_webp, ".gif": make_gif,
          ".bmp": make_bmp, ".ppm": make_pnm, ".y4m": make_y4m}


def make_file(chance):
    """Return the name and the bytes of a file: unusual, damaged in its structure, or in its bytes."""
    suffix = chance.choice(list(MAKERS))
    data = MAKERS[suffix](chance)
    kind = chance.random()
    if kind < 0.05:
        data = bump(chance, data)
    elif kind < 0.08:
        data = data[:chance.randrange(len(data) + 1)]
    elif kind < 0.1:
        data += chance.choice([data, b"\0" * 99, MAKERS[chance.choice(list(MAKERS))](chance)])
    elif kind < 0.12:
        suffix = chance.choice(list(MAKERS))
    return f"x{suffix}", data
