"""Filter specs, command lines, kernel files and weight files: near to valid ones, with odd numbers, words and nests."""
import io
import itertools
import json
import struct
import zipfile

from fuzzed_files import ODD, bump

from imfilter.filters import FILTERS

NUMBERS = ["0", "1", "2", "3", "5", "-1", "-0", "0.5", "1e-9", "1e9", "1e308", "1e999", "-1e-400", "nan", "inf", "-inf",
           "1/2", "1/0", "0/0", "1_0", "0x10", "3,3", "3,", ",", "1,2,3", "3x3", "", " ", "9" * 30, "9" * 5000, "²",
           "٣", "1 e5", "+1", "--1", "1e", "0b1", "True", "none", "None", "2.5", "99999999", "4294967296",
           "9223372036854775807", "9223372036854775808"]
WORDS = ["", " ", "-", "--", ":", "=", "\n", "\t", "\x1b[31m", "\udcff", "\u202e", "é", "a" * 3000, "..", ".", "*",
         "{stem}", "{x}", "{", "}", "%s", "%", "none.png", "photo.png", "half.png", "folder", "text.txt", "k.json",
         "reflect", "R,G", "10%,10%,50%,50%", "0,0,1,1", "-1,-1,9,9", "0 -1 0; -1 5 -1; 0 -1 0", "1 2; 3", "1;1;1",
         "uint8", "float32", "16", "200M", "-5M", "1e9", "0"]
NAMES = [*FILTERS, "emboss", "no such", "kernel", "KERNEL", "k.json", "text.txt", "convolve", "Gaussian", "grey", ""]
OPTIONS = {
    "apply": ["--then", "--gray", "--channels", "--dtype", "--depth", "--only", "--feather", "--nodata", "--mode",
              "--cval", "--stride", "--mask", "--signed", "-o", "--output", "--format", "--out-dir", "-r", "--force",
              "--in-place", "--skip-existing", "--dry-run", "--quality", "--subsampling", "--compress-level", "--strip",
              "--preserve", "--max-pixels", "--workers", "--json", "-q", "-v", "--engine", "--tile", "--resume",
              "--stream", "--frame-size", "--pixel", "--sigma", "--size", "--linear", "--angle", "--amount", "--radius",
              "--border"],
    "preview": ["-o", "--columns", "--size", "--force", "--max-pixels"], "show": ["-o", "--force"],
    "compare": ["-o", "--html", "--data-range", "--json", "--force", "--max-pixels"],
    "learn": ["-o", "--size", "--bias", "--cross-channel", "--force", "--max-pixels"],
    "explain arithmetic": ["--size", "--kernel", "--stride", "--padding", "--dilation", "--mode", "-o", "--force"],
    "explain stack": ["--size", "--channels", "-o", "--force"],
    "explain channels": ["--in", "--out", "--kernel", "--groups", "-o", "--force"],
    "explain pixel": ["--at", "--filter", "--kernel", "--mode", "--cval", "--max-pixels", "-o", "--force"],
    "explain play": ["-o", "--max-pixels", "--force"],
    "list": ["--json", "--help"], "help": [], "": ["--version", "--help", "-h", "--debugs"],
}
FLAGS = {"--gray", "-r", "--force", "--in-place", "--skip-existing", "--dry-run", "--strip", "--preserve", "--json",
         "-q", "-v", "--resume", "--linear", "--bias", "--cross-channel", "--help", "-h", "--version", "--debugs"}
COMMANDS = [*OPTIONS, "apply", "apply", "apply", "apply"]
RESULTS = ["out.png", "out.jpg", "out.tif", "out.svg", "out.html", "out.json", "out.xyz", "out.gif", "new/out.png",
           "{stem}.x.png", "-", "photo.png", "folder", "out.webp", "out.PPM"]


def change_text(chance, text):
    """Delete, double or insert a few characters."""
    for _ in range(chance.choice([0, 0, 0, 1, 2, 4])):
        place, size = chance.randrange(len(text) + 1), chance.choice([0, 0, 1, 3])
        text = text[:place] + chance.choice(["", *":=,;/ -0x#\"'\0é\n[]{}()", text[:9]]) + text[place + size:]
    return text


def make_spec(chance):
    """Return the spec of a filter, with parameters of its own, of others, or of none."""
    name = chance.choice(NAMES)
    own = [parameter.name for parameter in FILTERS[name].parameters] if name in FILTERS else []
    known = [*own, *own, *own, "stride", "mode", "cval", "size", "sigma", "linear", "x", "mask", "dtype"]
    pairs = [f"{chance.choice(known)}={chance.choice(NUMBERS if chance.random() < 0.8 else WORDS)}"
             for _ in range(chance.choice([0, 1, 1, 1, 2, 3]))]
    return change_text(chance, ":".join([name, *pairs]))


def make_arguments(chance):
    """Return a command line whose commands and options exist, mostly, and whose values are odd, mostly."""
    command = chance.choice(COMMANDS)
    words = command.split()
    if command == "apply":
        words.append(chance.choice(NAMES) if chance.random() < 0.6 else make_spec(chance))
    for _ in range(chance.choice([0, 1, 1, 2, 3, 5])):
        options = OPTIONS[command] if chance.random() < 0.97 else list(itertools.chain(*OPTIONS.values()))
        option = chance.choice(options or ["--help"])
        words.append(option)
        if option not in FLAGS:
            values = RESULTS if option in ("-o", "--output", "--html", "--out-dir") else chance.choice(
                [NUMBERS, NUMBERS, WORDS, NAMES])
            words.append(make_spec(chance) if option in ("--then", "--filter") else chance.choice(values))
    if command == "explain stack":
        words.append(change_text(chance, chance.choice(["3x16 s2 p1, 3x32 s2 p1", "5 d2", "3x4 g2", "1x1"])))
    elif command not in ("list", "help", ""):
        words += [chance.choice(["photo.png", "photo.png", "other.png", "half.png", "none.png", *WORDS])
                  for _ in range(chance.choice([0, 1, 1, 1, 2, 2, 3]))]
    if chance.random() < 0.1:
        words.insert(chance.randrange(len(words) + 1), chance.choice([*NUMBERS, *WORDS]))
    return words


def make_kernel(chance):
    """Return the name and the bytes of a kernel file, JSON or text."""
    if chance.random() < 0.4:
        rows = [[chance.choice([*NUMBERS[:10], "1", "2"]) for _ in range(3)] for _ in range(chance.choice([1, 3, 3]))]
        text = chance.choice(["\n", ";", "\r\n", "; \n"]).join(chance.choice([" ", ",", "\t", ", "]).join(row)
                                                               for row in rows)
        text = change_text(chance, text.replace("1", chance.choice(NUMBERS)) if chance.random() < 0.2 else text)
        data = text.encode(chance.choice(["utf-8", "utf-8-sig", "utf-16"]), "surrogatepass")
        return chance.choice(["k.txt", "k.csv", "k.tsv"]), data
    entries = {"file": "imfilter kernel", "kernel": [[0, 1, 0], [1, -4, 1], [0, 1, 0]], "bias": 0}
    if chance.random() < 0.3:
        entries = {**entries, "kernel": [[[[1.5] * 3] * 3] * 3] * chance.choice([1, 2, 3]), "bias": [0, 0, 0]}
    for _ in range(chance.choice([0, 1, 1, 2])):
        key = chance.choice(["file", "kernel", "kernel", "bias", "more"])
        entries[key] = chance.choice([
            None, True, "1", "imfilter kernel", [], [[]], {}, {"kernel": 1}, float("nan"), 1e308, 10**400, -(10**30),
            [1, 2, 3], [[1, True]], [[1], [1, 2]], [["1"]], [[[1]]], [[None]], [[1e300, -1e300]], [[float("inf")]],
            [[0] * 9] * 9, [[[[1]]]], [[10**25]], 0.5])
    data = json.dumps(entries).encode()
    if chance.random() < 0.1:
        depth = chance.choice([50, 999, 100_000])
        data = b'{"file": "imfilter kernel", "bias": 0, "kernel": ' + b"[" * depth + b"1" + b"]" * depth + b"}"
    return "k.json", bump(chance, data) if chance.random() < 0.3 else data


def make_weights(chance):
    """Return the name and the bytes of a file of weights."""
    members = []
    for name, shape in (("0.weight.npy", (2, 1, 3, 3)), ("0.bias.npy", (2,)),
                        *[("0.bias.npy", (2,))] * chance.randrange(2)):
        dtype = chance.choice(["<f4", "<f4", "<f4", ">f4", "<f8", "<i2", "|b1", "<f2", "<c8", "|O", "<U3", "<m8[s]",
                               "|V4", "x"])
        shape = tuple(chance.choice([*ODD, -1, 10**30]) if chance.random() < 0.06 else length for length in shape)
        order = chance.choice(["False", "False", "True", "1"])
        text = f"{{'descr': {dtype!r}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
        text = bump(chance, text) if chance.random() < 0.1 else text
        text += b" " * (-(11 + len(text)) % 64) + b"\n"
        version = chance.choice([b"\1\0", b"\1\0", b"\1\0", b"\2\0", b"\3\0", b"\0\0"])
        head = b"\x93NUMPY" + version + struct.pack("<H" if version == b"\1\0" else "<I", len(text)) + text
        count = chance.choice([18, 18, 18, 17, 19, 0]) if len(shape) == 4 else 2
        members.append((name, head + chance.randbytes(count * {"8": 8, "2": 2, "1": 1}.get(dtype[-1:], 4))))
    if chance.random() < 0.1:
        return "w.npy", members[0][1]
    stream = io.BytesIO()
    packing = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(stream, "w") as archive:
        for k, (name, data) in enumerate(members[:chance.choice([1, 2, 2, 3])]):
            member = zipfile.ZipInfo(name if k < 2 else f"{k}{name}")  # not of now, so that a case is made again
            archive.writestr(member, data, packing)
    data = stream.getvalue()
    for _ in range(chance.choice([0, 0, 1, 3])):
        data = bump(chance, data)
    return "w.npz", data
