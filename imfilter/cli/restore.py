"""imfilter restore --kernel KERNEL FILE...: undo a blur whose kernel is known."""
from ..pipeline.restoration import RESTORE
from .apply import make_filter_command

command = make_filter_command(RESTORE)
