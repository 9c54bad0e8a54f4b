include "sliding_windows.pxi"
