"""Files put under a name at once: nothing that stood there is harmed."""
import os
import stat
import subprocess
import sys
import time

import pytest

from imfilter import files
from imfilter.errors import FileError

posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and permissions are those of POSIX")
as_root = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def folder(tmp_path):
    """A folder with a photo called old.png, which must come to no harm."""
    (tmp_path / "old.png").write_bytes(b"what stood there")
    return tmp_path


def unharmed(folder):
    return os.listdir(folder) == ["old.png"] and (folder / "old.png").read_bytes() == b"what stood there"


@posix
def test_a_file_is_written_as_the_umask_says(folder):
    before = os.umask(0o027)
    try:
        files.write(b"new", str(folder / "new.png"), force=False)
        files.write(b"newer", str(folder / "old.png"), force=True)
    finally:
        os.umask(before)
    for name, data in (("new.png", b"new"), ("old.png", b"newer")):
        assert (folder / name).read_bytes() == data
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o640
    assert sorted(os.listdir(folder)) == ["new.png", "old.png"]


def test_what_exists_is_not_replaced_unless_asked(folder, monkeypatch):
    with pytest.raises(FileError, match=r"old\.png: exists already; --force"):
        files.write(b"new", str(folder / "old.png"), force=False)
    monkeypatch.setattr(files, "check_target", lambda path, force: None)  # as if it had come in between
    with pytest.raises(FileError, match="exists already"):
        files.write(b"new", str(folder / "old.png"), force=False)
    assert unharmed(folder)


@pytest.mark.parametrize("call", ["fsync", "chmod", "replace", "fdopen"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_any_moment_leaves_what_stood_there(folder, monkeypatch, call, error):
    def fail(*arguments, **keywords):
        raise error

    monkeypatch.setattr(files.atomic.os, call, fail)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else FileError) as caught:
        files.write(b"new", str(folder / "old.png"), force=True)
    monkeypatch.undo()
    assert unharmed(folder)
    assert isinstance(error, KeyboardInterrupt) or str(caught.value).endswith("old.png: No space left on device")


@posix
def test_links_are_replaced_and_never_what_they_point_to(folder):
    link, dangling = folder / "link.png", folder / "dangling.png"
    link.symlink_to("old.png")
    dangling.symlink_to("nowhere.png")
    for path in (link, dangling):
        with pytest.raises(FileError, match=r"symbolic link; --force"):
            files.write(b"new", str(path), force=False)
        files.write(b"new", str(path), force=True)
        assert not path.is_symlink() and path.read_bytes() == b"new"
        path.unlink()
    assert unharmed(folder)


@posix
def test_what_is_no_file_is_never_replaced(folder):
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    reader = os.open(folder / "pipe.png", os.O_RDONLY | os.O_NONBLOCK)  # without one, a write would wait for ever
    for name in ("folder.png", "pipe.png"):
        with pytest.raises(FileError, match=name):
            files.write(b"new", str(folder / name), force=True)
    os.close(reader)
    assert stat.S_ISFIFO((folder / "pipe.png").stat().st_mode) and (folder / "folder.png").is_dir()


def test_folders_that_cannot_be_written_are_named(folder):
    with pytest.raises(FileError, match=r"there is no folder .*none"):
        files.write(b"new", str(folder / "none" / "new.png"), force=False)
    with pytest.raises(FileError, match=r"no folder .*old\.png"):
        files.write(b"new", str(folder / "old.png" / "new.png"), force=False)
    assert unharmed(folder)


@pytest.mark.skipif(as_root, reason="root writes everywhere")
def test_a_folder_without_permission_is_named(folder):
    folder.chmod(0o500)
    with pytest.raises(FileError, match="ermission"):
        files.write(b"new", str(folder / "new.png"), force=False)
    folder.chmod(0o700)


@posix
def test_a_full_disk_harms_nothing(folder):
    """A limit on the size of files, in a process of its own, fails in the midst of the write as a full disk does."""
    code = """if True:
        import resource, sys
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        from imfilter import FileError, files
        try:
            files.write(bytes(200_000), sys.argv[1], force=True)
        except FileError as error:
            print(error)
    """
    said = subprocess.run([sys.executable, "-c", code, str(folder / "old.png")], capture_output=True, text=True)
    assert "old.png: File too large" in said.stdout
    assert unharmed(folder)


@posix
def test_a_real_full_disk_harms_nothing(folder):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        (folder / "old.png").write_bytes(b"what stood there")
        with pytest.raises(FileError, match=r"old\.png: No space left"):
            files.write(bytes(200_000), str(folder / "old.png"), force=True)
        assert unharmed(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@posix
def test_a_killed_write_leaves_the_old_file_or_the_new_one(folder):
    code = """if True:
        import sys
        from imfilter import files
        while True:
            for k in b"ab":
                files.write(bytes([k]) * 3_000_000, sys.argv[1], force=True)
    """
    target, seen = folder / "old.png", set()
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", code, str(target)])
        limit = time.monotonic() + 20
        before = target.stat().st_ino
        while target.stat().st_ino == before and time.monotonic() < limit:
            time.sleep(0.01)
        writer.kill()
        writer.wait()
        data = target.read_bytes()
        seen.add(data[:1])
        assert data == data[:1] * 3_000_000
    assert seen <= {b"a", b"b"}
