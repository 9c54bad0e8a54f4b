"""Weights in .npz files: headers are checked before data are unpacked, and damage is named."""
import io
import struct
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

import imfilter
from imfilter import ImfilterError, Stack

HEADER = "{'descr': %r, 'fortran_order': False, 'shape': %s, }"
SHAPE = "(2, 1, 3, 3)"


def npy(dtype="<f4", shape=SHAPE, data=bytes(72), header="", version=b"\1\0"):
    text = (header or HEADER % (dtype, shape)).encode()
    text += b" " * (63 - (10 + len(text)) % 64) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H" if version == b"\1\0" else "<I", len(text)) + text + data


def npz(*members):
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of duplicate names
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members:
                archive.writestr(name, data)
    return stream.getvalue()


def patched(place, data):
    """Return an archive whose local and central header have other bytes at a place of the first."""
    whole = bytearray(npz(("w.npy", npy())))
    central = whole.find(b"PK\1\2")
    for start in (place, central + place + 2):
        whole[start:start + len(data)] = data
    return bytes(whole)


def apply(path):
    return Stack.parse("3x2").apply(np.ones((8, 8), np.float32), path)


@pytest.mark.parametrize(("data", "words"), [
    (b"", "not an .npz file"), (b"PK\3\4", "not an .npz file"),
    (npz(("w.npy", npy()), ("README.txt", b"by me")), r"must hold arrays \(.npy\) only.*got 'README.txt'"),
    (npz(("w.npy", npy()), ("w.npy", npy())), "must hold one array of a name, got several of 'w.npy'"),
    (npz(("w.npy", npy(header="(" * 500 + ")" * 500))), "w has a damaged header"),
    (npz(("w.npy", npy(header="{'descr': '<f4', 'fortran_order': True, 'shape': , 3), }"))), "w has a damaged header"),
    (npz(("w.npy", npy(header="{'descr': '<f4', \0"))), "w has a damaged header"),
    (npz(("w.npy", npy(header="(" * 6000 + ")" * 6000))), "w must have a header of at most 10,000 bytes, got 12,022"),
    (npz(("w.npy", b"\x93NUMPY\2\0\xff\xff\xff\x7f")), "a header of at most 10,000 bytes, got 2,147,483,647"),
    (npz(("w.npy", npy(version=b"\3\0"))), r"must have version 1.0 or 2.0 of .npy, got 3.0"),
    (npz(("w.npy", npy(shape="(-2, 1, 3, 3)"))), "damaged header"),
    (npz(("w.npy", b"text")), "w is not an array as numpy.save writes it"),
    (npz(("w.npy", npy("|O"))), "must not hold pickled objects"),
    (npz(("w.npy", npy("<c8"))), "w must hold real numbers, got complex64"),
    (npz(("w.npy", npy("<U3"))), "w must hold real numbers, got <U3"),
    (npz(("w.npy", npy(data=bytes(71)))), "is damaged: w must have 72 bytes, got 71"),
    (npz(("w.npy", npy(data=bytes(73)))), "is damaged: w must have 72 bytes, got more"),
    (patched(6, b"\1"), "must not be encrypted"), (patched(8, b"\x63"), "is compressed in a way that cannot be read"),
    (patched(14, b"abcd"), "Bad CRC-32"),
    (npy(data=bytes(71)), "the array must have 72 bytes, got 71"),
])
def test_files_that_hold_no_weights_are_rejected_by_name(tmp_path, data, words):
    (tmp_path / "w.npz").write_bytes(data)
    with pytest.raises(ImfilterError, match=rf"w\.npz: .*{words}"):
        apply(tmp_path / "w.npz")


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "|b1", "<i2"])
@pytest.mark.parametrize("version", [b"\1\0", b"\2\0"])
def test_arrays_are_read_as_numpy_reads_them(tmp_path, rng, dtype, version):
    weights = np.asfortranarray((3 * rng.random((2, 1, 3, 3))).astype(dtype))
    header = f"{{'descr': {dtype!r}, 'fortran_order': True, 'shape': {SHAPE}}}"
    data = npy(header=header, data=weights.tobytes("F"), version=version)
    for name, content in (("w.npz", npz(("w.npy", data))), ("w.npy", data)):
        (tmp_path / name).write_bytes(content)
        np.testing.assert_array_equal(
            apply(tmp_path / name)[0], imfilter.conv2d(np.ones((8, 8), np.float32), weights,
                                                       dtype=np.float64 if dtype == "<f8" else np.float32))


@pytest.mark.parametrize(
    "shape", [f"({2**24}, 1, 3, 3)", "(2, 1, 3, 3, 1000000)", f"({2**27},)", f"({10**30}, 1, 3, 3)"])
def test_nothing_is_unpacked_before_its_shape_is_known_to_fit(tmp_path, shape):
    (tmp_path / "w.npz").write_bytes(npz(("w.npy", npy(shape=shape, data=bytes(2**27)))))
    tracemalloc.start()
    try:
        with pytest.raises(ImfilterError, match=r"must not unpack|must have the shape|must be"):
            apply(tmp_path / "w.npz")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_sizes_as_python_2_wrote_them_are_read_without_a_warning(tmp_path):
    (tmp_path / "w.npy").write_bytes(npy(shape="(2L, 1L, 3L, 3L)", data=np.ones(18, "f4").tobytes()))
    np.testing.assert_array_equal(apply(tmp_path / "w.npy")[0], np.full((6, 6, 2), 9.0))


def test_signaling_nans_are_rejected_without_a_warning(tmp_path):
    (tmp_path / "w.npy").write_bytes(npy(data=struct.pack("<I", 0x7F800001) * 18))
    with pytest.raises(ImfilterError, match="weight must be finite, got NaN or infinity in it"):
        apply(tmp_path / "w.npy")
