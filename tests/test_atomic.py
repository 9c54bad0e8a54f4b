"""Atomic writes: killed, full disk, rejected or linked, the old file stays or the new one is complete."""
import os
import random
import signal
import stat
import sys
import time
from pathlib import Path

import pytest
from program import PATIENCE, complete, mount, start, wait_until

from imfilter import files
from imfilter.errors import FileError
from imfilter.files import atomic

posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and permissions are those of POSIX")
as_root = hasattr(os, "geteuid") and os.geteuid() == 0
SIZE = 3_000_000

# Writes one file over and over, as the command line would be doing when a signal comes.
WRITER = """if True:
    import sys
    from imfilter import files
    from imfilter.cli import program
    from imfilter.files import atomic
    target, nameless = sys.argv[1:]
    if nameless == "False":
        atomic.OPENED = "/nowhere"
    def write(arguments):
        while True:
            for byte in b"ab":
                files.write_file(bytes([byte]) * 3_000_000, target, force=True)
    program.run_command = write
    program.main([])
"""


@pytest.fixture(params=[True, False], ids=["nameless", "named"])
def nameless(request, monkeypatch):
    """Have files written without a name of their own, where the system can, and with one."""
    if not request.param:
        monkeypatch.setattr(atomic, "OPENED", "/nowhere")
    elif not (hasattr(os, "O_TMPFILE") and os.path.isdir(atomic.OPENED)):
        pytest.skip("files without a name are Linux's")
    return request.param


@pytest.fixture
def folder(tmp_path):
    """A folder with a photo called old.png, which must come to no harm."""
    (tmp_path / "old.png").write_bytes(b"the old file")
    return tmp_path


def unharmed(folder):
    return os.listdir(folder) == ["old.png"] and (folder / "old.png").read_bytes() == b"the old file"


@posix
def test_a_new_file_is_as_the_umask_says(folder, nameless):
    before = os.umask(0o027)
    try:
        files.write_file(b"new", str(folder / "new.png"), force=False)
        files.write_file(b"forced", str(folder / "forced.png"), force=True)
        (folder / "dangling.png").symlink_to("nowhere.png")
        files.write_file(b"linked", str(folder / "dangling.png"), force=True)
    finally:
        os.umask(before)
    for name, data in (("new.png", b"new"), ("forced.png", b"forced"), ("dangling.png", b"linked")):
        assert (folder / name).read_bytes() == data
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o640
    assert sorted(os.listdir(folder)) == ["dangling.png", "forced.png", "new.png", "old.png"]


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444, 0o755])
def test_a_file_that_is_replaced_hands_on_its_permissions(folder, nameless, mode):
    (folder / "old.png").chmod(mode)
    (folder / "link.png").symlink_to("old.png")
    for name in ("old.png", "link.png"):  # a private photo does not become readable by way of a link either
        files.write_file(b"newer", str(folder / name), force=True)
        assert (folder / name).read_bytes() == b"newer"
        assert stat.S_IMODE((folder / name).lstat().st_mode) == mode


@pytest.mark.skipif(not as_root, reason="only root gives files away")
def test_a_file_that_is_replaced_hands_on_its_owner_and_group(folder, nameless):
    os.chown(folder / "old.png", 1234, 4321)
    files.write_file(b"newer", str(folder / "old.png"), force=True)
    now = (folder / "old.png").stat()
    assert (now.st_uid, now.st_gid) == (1234, 4321)


@posix
@pytest.mark.parametrize(("mode", "left"), [(0o660, 0o600), (0o664, 0o644), (0o640, 0o600), (0o755, 0o755)])
def test_a_group_that_cannot_be_handed_on_hands_on_no_rights(folder, monkeypatch, mode, left):
    """Another group would read what only the first was to."""
    def reject(*arguments):
        raise PermissionError(1, "Operation not permitted")

    (folder / "old.png").chmod(mode)
    monkeypatch.setattr(atomic.os, "chown", reject)
    files.write_file(b"newer", str(folder / "old.png"), force=True)
    assert stat.S_IMODE((folder / "old.png").stat().st_mode) == left


@posix
def test_nobody_reads_a_private_file_while_it_is_written(folder, monkeypatch):
    seen, chmod = [], os.chmod

    def look_and_change(file, mode):
        seen.append(stat.S_IMODE(os.stat(file).st_mode))
        chmod(file, mode)

    (folder / "old.png").chmod(0o600)
    monkeypatch.setattr(atomic, "OPENED", "/nowhere")
    monkeypatch.setattr(atomic.os, "chmod", look_and_change)
    before = os.umask(0)
    try:
        files.write_file(b"newer", str(folder / "old.png"), force=True)
    finally:
        os.umask(before)
    assert seen == [0o600]


def test_what_exists_is_not_replaced_unless_asked(folder, nameless, monkeypatch):
    with pytest.raises(FileError, match=r"old\.png: exists already; --force"):
        files.write_file(b"new", str(folder / "old.png"), force=False)
    monkeypatch.setattr(atomic, "check_target", lambda path, force: None)  # as if it had come in between
    with pytest.raises(FileError, match="exists already"):
        files.write_file(b"new", str(folder / "old.png"), force=False)
    assert unharmed(folder)


@pytest.mark.parametrize("call", ["fsync", "chmod", "replace", "fdopen", "link", "open"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_at_any_moment_leaves_what_stood_there(folder, nameless, monkeypatch, call, error):
    def fail(*arguments, **keywords):
        raise error

    if call == "link" and not nameless:
        pytest.skip("is not called when a file is replaced")
    monkeypatch.setattr(atomic.os, call, fail)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else FileError) as caught:
        files.write_file(b"new", str(folder / "old.png"), force=True)
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
            files.write_file(b"new", str(path), force=False)
        files.write_file(b"new", str(path), force=True)
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
            files.write_file(b"new", str(folder / name), force=True)
    os.close(reader)
    assert stat.S_ISFIFO((folder / "pipe.png").stat().st_mode) and (folder / "folder.png").is_dir()


def test_folders_that_cannot_be_written_are_named(folder):
    with pytest.raises(FileError, match=r"there is no folder .*none"):
        files.write_file(b"new", str(folder / "none" / "new.png"), force=False)
    with pytest.raises(FileError, match=r"no folder .*old\.png"):
        files.write_file(b"new", str(folder / "old.png" / "new.png"), force=False)
    assert unharmed(folder)


@pytest.mark.skipif(as_root, reason="root writes everywhere")
def test_a_folder_without_permission_is_named(folder):
    folder.chmod(0o500)
    with pytest.raises(FileError, match="ermission"):
        files.write_file(b"new", str(folder / "new.png"), force=False)
    folder.chmod(0o700)


@posix
def test_a_full_disk_harms_nothing(folder, nameless):
    """A limit on the size of files, in a process of its own, fails in the midst of the write as a full disk does."""
    code = """if True:
        import resource, sys
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        from imfilter import FileError, files
        from imfilter.files import atomic
        atomic.OPENED = sys.argv[2]
        try:
            files.write_file(bytes(200_000), sys.argv[1], force=True)
        except FileError as error:
            print(error)
    """
    said = complete([sys.executable, "-c", code, str(folder / "old.png"), atomic.OPENED])
    assert "old.png: File too large" in said.stdout
    assert unharmed(folder)


@posix
def test_a_real_full_disk_harms_nothing(folder, nameless):
    mount(folder, "64k")
    try:
        (folder / "old.png").write_bytes(b"the old file")
        with pytest.raises(FileError, match=r"old\.png: No space left"):
            files.write_file(bytes(200_000), str(folder / "old.png"), force=True)
        assert unharmed(folder)
    finally:
        complete(["umount", str(folder)]).check_returncode()


@posix
def test_a_read_only_file_system_is_named(folder, nameless):
    mount(folder, "64k")
    try:
        (folder / "old.png").write_bytes(b"the old file")
        complete(["mount", "-o", "remount,ro", str(folder)]).check_returncode()
        for name in ("old.png", "new.png"):
            with pytest.raises(FileError, match=f"{name}: Read-only file system"):
                files.write_file(b"new", str(folder / name), force=True)
        assert unharmed(folder)
    finally:
        complete(["umount", str(folder)]).check_returncode()


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.slow
def test_a_killed_write_leaves_the_old_file_or_the_new_one(folder, nameless, number):
    target, chance = folder / "old.png", random.Random(7)
    for _ in range(4):
        before = target.stat().st_ino
        writer = start([sys.executable, "-c", WRITER, str(target), str(nameless)])
        wait_until(lambda before=before: target.stat().st_ino != before, "the writer has replaced the file")
        time.sleep(chance.uniform(0, 0.02))  # any moment of a write
        writer.send_signal(number)
        said = writer.communicate(timeout=PATIENCE)[1].decode()
        data = target.read_bytes()
        assert data[:1] in (b"a", b"b") and data == data[:1] * SIZE
        left = set(os.listdir(folder)) - {"old.png"}
        if number == signal.SIGKILL:
            assert writer.returncode == -number and all(name.startswith(".imfilter-") for name in left)
        else:
            assert (writer.returncode, said, left) == (128 + number, "imfilter: interrupted\n", set())


@posix
def test_what_a_killed_run_left_does_no_harm(folder, nameless):
    (folder / ".imfilter-0123456789ab.part").write_bytes(b"left")
    files.write_file(b"new", str(folder / "new.png"), force=False)
    files.write_file(b"newer", str(folder / "new.png"), force=True)
    assert (folder / "new.png").read_bytes() == b"newer"
    assert (folder / ".imfilter-0123456789ab.part").read_bytes() == b"left"


@posix
def test_other_hard_links_keep_the_old_file(folder, nameless):
    os.link(folder / "old.png", folder / "other.png")
    files.write_file(b"new", str(folder / "old.png"), force=True)
    assert (folder / "other.png").read_bytes() == b"the old file"


@posix
def test_a_file_system_without_links(folder, monkeypatch):
    def reject(*arguments, **keywords):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(atomic, "OPENED", "/nowhere")
    monkeypatch.setattr(atomic.os, "link", reject)
    files.write_file(b"new", str(folder / "new.png"), force=False)
    assert (folder / "new.png").read_bytes() == b"new"
    (folder / "new.png").unlink()
    monkeypatch.setattr(atomic, "check_target", lambda path, force: None)  # as if it had come in between
    with pytest.raises(FileError, match="exists already"):
        files.write_file(b"new", str(folder / "old.png"), force=False)
    monkeypatch.setattr(atomic.os, "replace", reject)
    with pytest.raises(FileError, match="not permitted"):
        files.write_file(b"new", str(folder / "new.png"), force=False)
    assert unharmed(folder)


@posix
@pytest.mark.parametrize("name", ["n" * 251 + ".png", "-rf.png", os.fsdecode(b"caf\xe9.png"), "a\nb.png", " .png"])
@pytest.mark.parametrize("relative", [True, False])
def test_names_of_every_kind(folder, nameless, monkeypatch, name, relative):
    monkeypatch.chdir(folder)
    path = name if relative else str(folder / name)
    for data, force in ((b"new", False), (b"newer", True)):
        files.write_file(data, path, force=force)
        assert (folder / name).read_bytes() == data
    assert sorted(os.listdir(folder)) == sorted(["old.png", name])


@posix
def test_a_name_that_is_too_long_is_named(folder, nameless):
    with pytest.raises(FileError, match="File name too long"):
        files.write_file(b"new", str(folder / ("n" * 252 + ".png")), force=True)
    assert unharmed(folder)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
@pytest.mark.parametrize("force", [True, False])
def test_a_device_is_not_replaced(force):
    with pytest.raises(FileError, match="/dev/full: is not a regular file"):
        files.write_file(b"new", "/dev/full", force=force)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@posix
def test_the_name_reaches_the_disk_after_the_data(folder, nameless, monkeypatch):
    steps, sync, replace = [], os.fsync, os.replace

    def synced(handle):
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def replaced(*names):
        steps.append("name")
        replace(*names)

    monkeypatch.setattr(atomic.os, "fsync", synced)
    monkeypatch.setattr(atomic.os, "replace", replaced)
    files.write_file(b"newer", str(folder / "old.png"), force=True)
    assert steps == ["file", "name", "folder"]
