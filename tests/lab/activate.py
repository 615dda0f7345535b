"""Starts a program as systemd's socket activation would: `python3 activate.py [--root DIR] USER[:GROUP] PATH:GROUP[:NAME]… -- COMMAND…`,
with --root in the system whose folder that is.

Creates each Unix socket (owner root, mode 0660, the group given), becomes USER without further groups but those of USER, and hands the
sockets over from descriptor 3 on, with their names."""

import grp
import os
import pwd
import socket
import sys


def listener(word):
    """A listening Unix socket that only its group may use; one named "outcomes" takes datagrams, and has its count beside it."""
    path, group, *name = word.split(":")
    takes_datagrams = name == ["outcomes"]
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if takes_datagrams else socket.SOCK_STREAM)
    if os.path.exists(path):
        os.unlink(path)
    made.bind(path)
    os.chown(path, 0, grp.getgrnam(group).gr_gid)
    os.chmod(path, 0o660)
    if takes_datagrams:
        count = f"{path}.lost"
        open(count, "wb").close()
        os.chown(count, 0, grp.getgrnam(group).gr_gid)
        os.chmod(count, 0o660)
    else:
        made.listen(128)
    return made


def main():
    """Never returns."""
    if sys.argv[1] == "--root":
        os.chroot(sys.argv[2])
        os.chdir("/")
        del sys.argv[1:3]
    split = sys.argv.index("--")
    name, _, group = sys.argv[1].partition(":")
    user = pwd.getpwnam(name)
    main_group = grp.getgrnam(group).gr_gid if group else user.pw_gid
    words = sys.argv[2:split]
    sockets = [listener(word) for word in words]
    # Out of the way first: the numbers from 3 on may be in use by these sockets themselves.
    moved = [os.dup(made.fileno()) for made in sockets]
    high = [os.dup2(number, 100 + index) for index, number in enumerate(moved)]
    for index, number in enumerate(high):
        os.dup2(number, 3 + index, inheritable=True)
    os.closerange(3 + len(high), 200)
    os.initgroups(user.pw_name, main_group)
    os.setgid(main_group)
    os.setuid(user.pw_uid)
    os.environ.update(LISTEN_FDS=str(len(high)), LISTEN_PID=str(os.getpid()),
                      LISTEN_FDNAMES=":".join((word.split(":") + ["resolver"])[2] for word in words))
    os.execvp(sys.argv[split + 1], sys.argv[split + 1:])


main()
