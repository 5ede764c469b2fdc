"""Whether a file is the user's own, or others could have written what stands in it."""

from __future__ import annotations

import os
import stat
import sys

if sys.platform != "win32":
    import grp
    import pwd


def distrust(found: os.stat_result) -> str:
    """Why others decide about a file's content, in a few words with what to do; empty where only the user does.

    Root may own it. A group that is the user's alone, as many systems make one for each user, counts as the user.
    """
    if sys.platform == "win32":
        return ""
    if not owned(found):
        return f"another user's file (uid {found.st_uid}): `chown` it if you trust what it says"
    if found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _private_group(found.st_gid)):
        mode = stat.S_IMODE(found.st_mode)
        return f"writable by others (mode {mode:04o}): check what it says, then `chmod go-w` it"
    return ""


def distrust_folder(found: os.stat_result) -> str:
    """Why others could replace the files in a folder, in a few words with what to do; empty where they could not.

    Root, as in a container, may use anybody's folder. In a sticky one (`/tmp`) only a file's owner replaces it.
    """
    if sys.platform == "win32":
        return ""
    if not owned(found) and os.geteuid():
        return f"another user's folder (uid {found.st_uid}): choose another"
    if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        return f"a folder that everybody may write to (mode {stat.S_IMODE(found.st_mode):04o}): `chmod o-w` it"
    return ""


def owned(found: os.stat_result) -> bool:
    """Whether the user, or root, owns it."""
    return sys.platform == "win32" or found.st_uid in (os.geteuid(), 0)


def _private_group(gid: int) -> bool:
    if sys.platform == "win32":
        return False
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    return group.gr_name == user.pw_name and gid == user.pw_gid and set(group.gr_mem) <= {user.pw_name}
