"""Video streams: y4m, PNM and raw frames, frame by frame, with literal bytes and with FFmpeg."""
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import program
import pytest
from PIL import Image
from program import PROGRAM, complete, posix, run, run_here, wait_until

import imfilter
from imfilter.filters import FILTERS
from imfilter.pipeline.recipe import Recipe
from imfilter.video.chroma import ChromaFilter

FFMPEG = shutil.which("ffmpeg")
SIZES = {"420jpeg": (2, 2), "420": (2, 2), "420mpeg2": (2, 2), "420paldv": (2, 2), "422": (1, 2), "444": (1, 1),
         "411": (1, 4), "440": (2, 1), "mono": None}
BOX = ("convolve", "--kernel", "1 1 1; 1 1 1; 1 1 1")
RNG = np.random.default_rng(11)


def planes_of(space, height=6, width=8, depth=8):
    """Return random planes of a frame, chroma with its middle on average."""
    share, dtype = SIZES[space], np.uint8 if depth == 8 else np.dtype("<u2")
    sizes = [(height, width)] + [(-(-height // share[0]), -(-width // share[1]))] * 2 if share else [(height, width)]
    return [RNG.integers(0, 2**depth, size).astype(dtype) for size in sizes]


def y4m(frames, header):
    """Return a y4m stream by hand."""
    return header + b"\n" + b"".join(b"FRAME\n" + b"".join(plane.tobytes() for plane in frame) for frame in frames)


def filtered(data, *arguments, status=0, name="box"):
    return run_here("apply", name, "--stream", "-", "-o", "-", *arguments, input=data, status=status)


DEEP = [(space, depth) for space in ("420", "422", "444", "mono") for depth in (9, 10, 12, 14, 16)]


@pytest.mark.parametrize(("space", "depth"), [*((space, 8) for space in SIZES), *DEEP])
def test_every_plane_of_y4m_is_filtered(space, depth):
    suffix = "" if depth == 8 else f"{depth}" if space == "mono" else f"p{depth}"
    frames = [planes_of(space, depth=depth) for _ in range(5)]
    header = f"YUV4MPEG2 W8 H6 F30000:1001 Ip A10:11 C{space}{suffix} XCOLORRANGE=LIMITED".encode()
    # The mean of nine integers is never halfway between two, so floats round as integers do.
    expected = [[np.rint(imfilter.box(plane.astype(float), 3)).astype(plane.dtype) for plane in frame]
                for frame in frames]
    assert filtered(y4m(frames, header), "--size", "3").stdout == y4m(expected, header)


def test_a_literal_frame_is_filtered():
    header = b"YUV4MPEG2 W3 H1 F25:1 Ip A1:1 C444"
    data = header + b"\nFRAME Ixyz\n" + bytes([0, 90, 0, 128, 128, 128, 100, 160, 100])
    done = filtered(data, "--size", "3", "--mode", "nearest")
    assert done.stdout == header + b"\nFRAME Ixyz\n" + bytes([30, 30, 30, 128, 128, 128, 120, 120, 120])
    done = filtered(data, "--size", "3", "--mode", "nearest", "--channels", "Y")
    assert done.stdout == header + b"\nFRAME Ixyz\n" + bytes([30, 30, 30, 128, 128, 128, 100, 160, 100])


def test_ten_bits_saturate_at_their_own_white():
    header = b"YUV4MPEG2 W3 H1 F25:1 C444p10"
    frame = [np.array([[0, 1023, 1000]], "<u2"), np.array([[512] * 3], "<u2"), np.array([[500, 512, 524]], "<u2")]
    done = run_here("convolve", "--kernel", "0 2 0", "--stream", "-", "-o", "-", input=y4m([frame], header))
    double = [np.array([[0, 1023, 1023]], "<u2"), frame[1], np.array([[488, 512, 536]], "<u2")]
    assert done.stdout == y4m([double], header)


@pytest.mark.parametrize(("name", "luma"), [
    ("canny", 0), ("gabor", 0), ("sobel", 0), ("laplace", 128), ("emboss", 128), ("contour", 255)])
def test_edges_of_flat_gray_are_gray(name, luma):
    header = b"YUV4MPEG2 W8 H6 F25:1 C420jpeg"
    flat = [np.full((6, 8), 90, "u1"), np.full((3, 4), 128, "u1"), np.full((3, 4), 128, "u1")]
    edges = [np.full((6, 8), luma, "u1"), *flat[1:]]
    assert filtered(y4m([flat], header), name=name).stdout == y4m([edges], header)


def test_signed_chroma_is_filtered_around_its_middle():
    header = b"YUV4MPEG2 W3 H1 F25:1 C444"
    frame = [np.array([row], "u1") for row in ([10, 10, 10], [128, 138, 128], [128, 128, 118])]
    data = y4m([frame], header)
    command = ("convolve", "--no-flip", "--kernel", "-1 1 0", "--mode", "constant", "--stream", "-", "-o", "-")
    done = run_here(*command, input=data)
    expected = [np.array([row], "u1") for row in ([10, 0, 0], [128, 138, 118], [128, 128, 118])]
    assert done.stdout == y4m([expected], header)


def treat_chroma(text):
    """Return how a pipeline treats chroma."""
    chroma = ChromaFilter(Recipe(imfilter.Pipeline.parse(text), "x"))
    return "as it is" if chroma.keeps_constants else "around its middle" if chroma.keeps_signs else "gray"


def test_every_filter_has_its_way_with_chroma():
    ways = {name: treat_chroma(name) for name, filter in FILTERS.items()
            if not filter.mixes and not any(parameter.required for parameter in filter.parameters)}
    for way, groups in [("as it is", ("blur", "sharpen", "rank")), ("gray", ("relief",))]:
        assert all(ways[name] == way for name in ways if FILTERS[name].group in groups), ways
    signed = ("laplace", "laplacian_of_gaussian", "difference_of_gaussians")
    assert all(ways[name] == "around its middle" for name in signed)
    assert all(ways[name] == "gray" for name in ("sobel", "scharr", "kirsch", "canny", "contour", "emboss"))
    assert treat_chroma("convolve:kernel=0 2 0") == treat_chroma("sobel:axis=0") == "around its middle"
    assert treat_chroma("gaussian,median:mode=constant:cval=9") == "around its middle"
    assert treat_chroma("laplace,sobel") == treat_chroma("sobel,gaussian") == "gray"


def test_a_bias_is_for_luma_alone(tmp_path, monkeypatch):
    """A learned kernel that doubles, and adds a tenth of white."""
    monkeypatch.chdir(tmp_path)
    frames = RNG.integers(0, 100, (40, 40)).astype("u1")
    Image.fromarray(frames).save(tmp_path / "a.png")
    Image.fromarray((frames + 20).astype("u1")).save(tmp_path / "b.png")
    run_here("learn", "a.png", "b.png", "--size", "1", "--bias", "-o", "k.json")
    frame = [np.full((6, 8), 50, "u1"), np.full((3, 4), 100, "u1"), np.full((3, 4), 128, "u1")]
    done = run_here("apply", "k.json", "--stream", "-", "-o", "-", input=y4m([frame], HEADER))
    assert done.stdout == y4m([[frame[0] + np.uint8(20), *frame[1:]]], HEADER)


def test_the_border_of_chroma_is_neutral():
    header = b"YUV4MPEG2 W3 H3 F25:1 C444"
    gray = [np.full((3, 3), value, "u1") for value in (90, 128, 128)]
    done = filtered(y4m([gray], header), "--mode", "constant")
    assert done.stdout == y4m([[imfilter.box(gray[0], 3, mode="constant"), *gray[1:]]], header)


def test_chains_are_rounded_once():
    frame = planes_of("420", 16, 24)
    done = filtered(y4m([frame], b"YUV4MPEG2 W24 H16 F25:1 C420"), "--then", "gaussian:sigma=2")
    chain = imfilter.Pipeline("box", "gaussian:sigma=2")
    assert done.stdout == y4m([[chain(plane) for plane in frame]], b"YUV4MPEG2 W24 H16 F25:1 C420")


@pytest.mark.parametrize(("space", "width", "stride", "header"), [
    ("420jpeg", 8, "2", b"W4 H4 F25:1 A1:1"), ("422", 16, "2,4", b"W4 H4 F25:1 A2:1"),
    ("mono", 8, "3", b"W3 H3 F25:1 A1:1"),
    ("444", 5, "1,2", b"W3 H8 F25:1 A2:1")])
def test_a_stride_changes_the_size_in_the_header(space, width, stride, header):
    frame = planes_of(space, 8, width)
    color = f" C{space}".encode()
    done = filtered(y4m([frame], b"YUV4MPEG2 W%d H8 F25:1 A1:1" % width + color), "--stride", stride)
    step = tuple(map(int, stride.split(","))) if "," in stride else int(stride)
    assert done.stdout == y4m([[imfilter.box(plane, stride=step) for plane in frame]], b"YUV4MPEG2 " + header + color)


def test_a_stride_that_halves_chroma_samples_is_refused():
    done = filtered(y4m([planes_of("420")], b"YUV4MPEG2 W8 H6 F25:1 C420"), "--stride", "2", status=1)
    assert done.stdout == b""
    assert b"420 needs a height that 2 divides, got 3 of 6 by --stride: convert to 4:4:4 first" in done.stderr
    done = filtered(y4m([planes_of("420")], b"YUV4MPEG2 W8 H6 F25:1 It C420"), "--stride", "2", status=1)
    assert b"--stride needs progressive frames" in done.stderr


def ppm(frames, maxval=255, comment=b""):
    return b"".join((b"P6\n" if frame.ndim == 3 else b"P5\n") + comment + b"%d %d\n%d\n" % (*frame.shape[1::-1], maxval)
                    + frame.astype("u1" if maxval < 256 else ">u2").tobytes() for frame in frames)


@pytest.mark.parametrize("maxval", [255, 65535, 1023, 100])
def test_pictures_of_several_sizes_follow_each_other(maxval):
    frames = [RNG.integers(0, maxval + 1, shape) for shape in [(6, 8, 3), (6, 8, 3), (5, 4), (1, 1, 3), (9, 2)]]
    expected = [np.rint(imfilter.box(frame.astype(float), 3)) for frame in frames]
    assert filtered(ppm(frames, maxval, b"# kept\n")).stdout == ppm(expected, maxval, b"# kept\n")


def test_colors_become_gray_pictures():
    frames = [RNG.integers(0, 256, (6, 8, 3)).astype("u1") for _ in range(2)]
    assert filtered(ppm(frames), name="grayscale").stdout == ppm([imfilter.grayscale(frame) for frame in frames])


def test_pam_and_pbm_pictures():
    bits = b"P4\n# a comment\n10 1\n" + bytes([0b10000000, 0b01000000])
    pam = b"P7\nWIDTH 1\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + bytes([8, 6, 4, 255] * 2)
    done = filtered(bits + pam, "--mode", "nearest")
    gray = bytes([85, 170, 255, 255, 255, 255, 255, 255, 170, 85])
    same = b"P7\nTUPLTYPE RGB_ALPHA\nWIDTH 1\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nENDHDR\n" + bytes([8, 6, 4, 255] * 2)
    assert done.stdout == b"P5\n# a comment\n10 1\n255\n" + gray + same


@pytest.mark.parametrize(("pixel", "channels", "dtype"), [
    ("gray", 1, "u1"), ("gray16le", 1, "<u2"), ("gray16be", 1, ">u2"), ("rgb24", 3, "u1"), ("bgr24", 3, "u1"),
    ("rgb48le", 3, "<u2"), ("rgb48be", 3, ">u2")])
def test_raw_frames(pixel, channels, dtype):
    frames = [RNG.integers(0, np.iinfo(dtype).max + 1, (6, 8, channels)).astype(dtype) for _ in range(4)]
    data = b"".join(frame.tobytes() for frame in frames)
    expected = b"".join(imfilter.gaussian(frame).astype(dtype).tobytes() for frame in frames)
    assert filtered(data, "--size", "8x6", "--pixel", pixel, name="gaussian").stdout == expected


def test_raw_channels_are_found_by_their_names():
    data = bytes([10, 20, 30, 255, 10, 20, 90, 255, 10, 20, 30, 255])  # B, G, R and A of three pixels
    done = filtered(data, "--size", "3x1", "--pixel", "bgra", "--channels", "R", "--mode", "nearest")
    assert done.stdout == bytes([10, 20, 50, 255, 10, 20, 50, 255, 10, 20, 50, 255])
    done = filtered(data, "--frame-size", "3x1", "--size", "1", "--pixel", "bgra")
    assert done.stdout == data
    done = filtered(bytes([8, 8, 8] * 4), "--size", "2x2", "--pixel", "rgb24", name="grayscale")
    assert done.stdout == bytes([8, 8, 8] * 4)


HEADER = b"YUV4MPEG2 W8 H6 F25:1 C420"
WHOLE = [planes_of("420") for _ in range(3)]


@pytest.mark.parametrize(("data", "count", "message"), [
    (y4m(WHOLE, HEADER)[:-1], 2, b"-: frame 3: ends after 11 of 12 bytes of samples; the 2 before it are written"),
    (y4m(WHOLE, HEADER) + b"FRA", 3, b"-: frame 4: must start with the line FRAME, got b'FRA'; the 3 before it are"),
    (y4m(WHOLE, HEADER) + b"FRAMES\n", 3, b"-: frame 4: must start with the line FRAME"),
    (y4m(WHOLE[:1], HEADER)[:-60], 0, b"-: frame 1: ends after "),
    (HEADER + b"\n" + b"x" * 9999, 0, b"-: frame 1: must start with the line FRAME"),
])
def test_a_broken_frame_is_reported_after_those_before_it(data, count, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = filtered(data, status=1)
    expected = y4m([[imfilter.box(plane) for plane in frame] for frame in WHOLE[:count]], HEADER)
    assert done.stdout == expected and message in done.stderr
    (tmp_path / "clip.y4m").write_bytes(data)
    done = run_here("apply", "box", "--stream", "clip.y4m", "-o", "out.y4m", status=1)
    assert message.replace(b"-:", b"clip.y4m:") in done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != "clip.y4m"] == ["out.y4m"] * (count > 0)
    assert not count or (tmp_path / "out.y4m").read_bytes() == expected


@pytest.mark.parametrize(("data", "message"), [
    (b"", b"-: is empty"), (b"\x89PNG\r\n", b"-: must be y4m, PBM, PGM, PPM or PAM, or raw frames with --size and"),
    (b"P3\n1 1\n255\n1 2 3\n", b"-: must be binary PNM (P4 to P7), got P3"),
    (b"YUV4MPEG2 W8 H6 C420", b"-: the header of y4m must be a line of at most 4096 bytes"),
    (b"YUV4MPEG2 " + b"X" * 5000 + b"\n", b"-: the header of y4m must be a line of at most 4096 bytes"),
    (b"YUV4MPEG2 W8 C420\n", b"must give height as H and a positive integer, got 'H'"),
    (b"YUV4MPEG2 W-8 H6\n", b"must give width as W and a positive integer, got 'W-8'"),
    (b"YUV4MPEG2 W80000 H60000\n", b"got 80000 x 60000 pixels: --max-pixels sets the limit"),
    (b"YUV4MPEG2 W8 H6 C444alpha\n", b"got '444alpha': convert it first"),
    (b"YUV4MPEG2 W8 H6 C420p32\n", b"got '420p32'"),
    (b"YUV4MPEG2 W1 H1 Cmono10\nFRAME\n\x00\x04", b"frame 1: must hold samples of at most 1023, got 1024"),
    (b"P5\n80000 60000\n255\n", b"frame 1: must have at most"),
    (b"P5\n2 x\n255\n", b"frame 1: must have whole numbers"),
    (b"P6 0 1 255\n", b"frame 1: must have a positive size"), (b"P5\n1 1\n70000\nx", b"a maxval from 1 to 65535"),
    (b"P7\nWIDTH 1\nHEIGHT 1\n", b"frame 1: must have a PAM header that ends with ENDHDR"),
    (b"P5\n#" + b"x" * 10**6, b"frame 1: must have"),
])
def test_what_is_no_stream_is_refused(data, message):
    done = filtered(data, status=1)
    assert message in done.stderr and done.stdout in (b"", data.partition(b"FRAME")[0])


@pytest.mark.parametrize(("arguments", "message"), [
    (("--pixel", "gray"), b"raw frames need both --frame-size and --pixel"), (("photo.png",), b"drop photo.png"),
    (("--size", "2x2", "--pixel", "grey"), b"did you mean 'gray'?"), (("--in-place",), b"--in-place"),
    (("--frame-size", "2by2", "--pixel", "gray"), b"--frame-size must be a width and a height"),
    (("--tile", "64"), b"--tile applies to photos"), (("--engine", "tiles"), b"--engine applies to photos"),
    (("--dtype", "uint16"), b"instead of --dtype"), (("--depth", "16"), b"instead of --depth"),
    (("--only", "0,0,9,9"), b"--only applies to photos"), (("--quality", "9"), b"--quality applies to photos"),
])
def test_wrong_usage(arguments, message):
    command = ["apply", "box", "--stream", "-", *arguments]
    assert message in run_here(*command, status=2).stderr


@pytest.mark.parametrize(("name", "arguments", "message"), [
    ("sepia", (), b"sepia needs red, green and blue, which y4m does not hold"),
    ("box", ("--linear",), b"linear needs red, green and blue"),
    ("box", ("--channels", "R"), b"has no channel R, only Y"),
])
def test_filters_that_a_stream_cannot_have(name, arguments, message):
    done = filtered(y4m(WHOLE, HEADER), *arguments, name=name, status=1)
    assert message in done.stderr and done.stdout == b""


def test_a_file_is_written_beside_the_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.y4m").write_bytes(y4m(WHOLE, HEADER))
    done = run_here("apply", "box", "--stream", "clip.y4m", "-v")
    assert done.stdout.startswith(b"wrote clip.box.y4m  3 frames, ")
    again = run_here("apply", "box", "--stream", "clip.y4m", status=1)
    assert b"clip.box.y4m: exists already; --force replaces it" in again.stderr
    other = run_here("apply", "box", "--stream", "clip.y4m", "-o", "clip.mp4", status=1)
    assert b"a stream keeps its format, y4m, so the result must end in .y4m" in other.stderr
    same = run_here("apply", "box", "--stream", "clip.y4m", "-o", "clip.y4m", "--force", status=1)
    assert b"is the stream itself" in same.stderr
    none = run_here("apply", "box", "--stream", "none.y4m", status=1)
    assert b"none.y4m: there is no such file" in none.stderr
    run_here("apply", "box", "--stream", "clip.y4m", "-o", "{stem}-{filter}.{ext}")
    (tmp_path / "clip-box.y4m").unlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.box.y4m", "clip.y4m"]


@pytest.mark.parametrize("workers", ["1", "2", "7"])
def test_frames_keep_their_order(workers):
    frames = [np.full((40, 50), k, "u1") for k in range(100)]
    command = ["apply", "box", "--stream", "-", "-o", "-", "--workers", workers]
    assert run(*command, input=ppm(frames)).stdout == ppm(frames)


@posix
def test_a_frame_is_written_before_the_next_one_arrives():
    child = program.start([*PROGRAM, "apply", "box", "--stream", "-", "-o", "-"], stdin=subprocess.PIPE)
    frame = ppm([np.full((1, 1), 7, "u1")])
    for _ in range(3):
        child.stdin.write(frame)
        child.stdin.flush()
        assert child.stdout.read(len(frame)) == frame
    child.stdin.close()
    assert child.wait(program.PATIENCE) == 0


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_stream_that_waits_for_input(number):
    child = program.start([*PROGRAM, "apply", "box", "--stream", "-", "-o", "-"], stdin=subprocess.PIPE)
    frame = ppm([np.full((4, 4), 7, "u1")])
    child.stdin.write(frame)
    child.stdin.flush()
    assert child.stdout.read(len(frame)) == frame
    child.send_signal(number)
    assert child.wait(program.PATIENCE) == 128 + number
    said = child.stderr.read()  # a frame may have been written and not yet been counted
    assert said in [b"imfilter: -: interrupted: frames written: %d\n" % count for count in (0, 1)]


def open_files(process):
    """Yield what the open files of a process are; one that is closed meanwhile is passed over."""
    for file in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            yield os.readlink(file)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are not listed here")
def test_an_interrupted_file_is_not_written(tmp_path):
    command = [*PROGRAM, "apply", "box", "--stream", "-", "-o", "out.pgm"]
    child = program.start(command, stdin=subprocess.PIPE, cwd=tmp_path)
    child.stdin.write(ppm([np.full((4, 4), 7, "u1")] * 3))
    child.stdin.flush()
    wait_until(lambda: any(str(tmp_path) in target for target in open_files(child.pid)), "the result is opened")
    child.send_signal(signal.SIGINT)
    assert child.wait(program.PATIENCE) == 130
    assert not list(tmp_path.iterdir())


@posix
def test_a_reader_that_leaves_ends_the_stream():
    child = program.start([*PROGRAM, "apply", "box", "--stream", "-", "-o", "-"], stdin=subprocess.PIPE)
    frame = ppm([np.full((400, 400), 7, "u1")])
    child.stdin.write(frame)
    child.stdin.flush()
    child.stdout.read(10)
    child.stdout.close()
    with pytest.raises(BrokenPipeError):  # noqa: PT012
        for _ in range(100):
            child.stdin.write(frame)
            child.stdin.flush()
    assert child.wait(program.PATIENCE) == 141
    assert child.stderr.read() == b""


@posix
def test_memory_does_not_grow_with_the_stream():
    code = ("import sys, subprocess, resource; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)")
    frame, peaks = np.zeros((1000, 1000, 3), "u1"), []
    for count in (4, 60):
        command = [*PROGRAM, "apply", "box", "--workers", "2", "--stream", "-", "-o", "-"]
        done = complete([sys.executable, "-c", code, *command], input=ppm([frame]) * count, text=False)
        peaks.append(int(done.stderr))
    assert peaks[1] < peaks[0] + 30_000  # kilobytes: 56 more frames have 168,000


def test_video_is_loaded_only_for_streams():
    code = ("import sys; from imfilter.cli.program import run_command; run_command(['apply', 'box', '--help']); "
            "print(any(name.startswith('imfilter.video') for name in sys.modules), file=sys.stderr)")
    assert complete([sys.executable, "-c", code]).stderr.strip() == "False"


@pytest.mark.skipif(FFMPEG is None, reason="there is no FFmpeg here")
@pytest.mark.parametrize("pixel", ["yuv420p", "yuv422p", "yuv444p", "yuv411p", "gray", "yuv420p10le", "yuv422p12le",
                                   "yuv444p16le", "gray10le", "gray16le"])
def test_ffmpeg_on_both_sides(pixel):
    source = [FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30000/1001", "-frames:v", "5",
              "-pix_fmt", pixel, "-strict", "-1"]
    raw = complete([*source, "-f", "rawvideo", "-"], text=False).stdout
    data = complete([*source, "-f", "yuv4mpegpipe", "-"], text=False).stdout
    same = filtered(data, "--sigma", "0.01", name="gaussian").stdout
    assert same == data  # a Gaussian this narrow changes nothing
    blurred = filtered(data, "--sigma", "2", name="gaussian").stdout
    back = complete([FFMPEG, "-v", "error", "-i", "-", "-f", "rawvideo", "-"], input=blurred, text=False)
    assert back.stderr == b"" and len(back.stdout) == len(raw)
    dtype = "<u2" if "le" in pixel else "u1"
    luma = np.frombuffer(raw, dtype, 64 * 48).reshape(48, 64)
    expected = np.rint(imfilter.gaussian(luma.astype(float), 2))
    assert np.abs(np.frombuffer(back.stdout, dtype, 64 * 48).reshape(48, 64) - expected).max() <= 1  # ties may differ
    if FFMPEG and (probe := shutil.which("ffprobe")):
        asked = [probe, "-v", "error", "-show_entries", "stream=r_frame_rate,pix_fmt", "-of", "csv=p=0", "-"]
        assert complete(asked, input=blurred, text=False).stdout.split() == [f"{pixel},30000/1001".encode()]


def test_a_pattern_names_the_result_and_its_folder(here, folder):
    frame = [planes_of("444")]
    (folder / "clip.y4m").write_bytes(y4m(frame, b"YUV4MPEG2 W8 H6 F25:1 C444"))
    here("apply", "box", "--stream", "clip.y4m", "-o", "new/below/{stem}-{filter}.{ext}")
    assert sorted(path.name for path in folder.glob("new/below/*")) == ["clip-box.y4m"]
    said = here("apply", "box", "--stream", "clip.y4m", "-o", "other/{stm}.y4m", status=2).err
    assert "the fields {stem}, {filter}, {ext}, {parent}, got {stm}: did you mean 'stem'?" in said
    here("apply", "box", "--stream", "none.y4m", "-o", "other/{stem}.y4m", status=1)
    assert "there is no folder plain" in here("apply", "box", "--stream", "clip.y4m", "-o", "plain/a.y4m", status=1).err
    assert not (folder / "other").exists() and not (folder / "plain").exists()
