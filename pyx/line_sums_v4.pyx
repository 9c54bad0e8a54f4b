include "line_sums.pxi"
