"""What `os.open` is asked beside reading or writing, on systems that know the word and on those that do not."""

from __future__ import annotations

import os
from typing import Final

AS_IS: Final = getattr(os, "O_BINARY", 0)
"""The bytes as they stand: Windows would turn every newline into two characters."""
NO_CHILD: Final = getattr(os, "O_CLOEXEC", 0)
"""No program that is started gets the file too."""
NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
"""A symbolic link is not followed."""
NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
"""No pipe and no terminal holds the call up."""
FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | NO_CHILD
"""A folder, and nothing else."""
NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | AS_IS
"""A file to write that is not there yet."""
