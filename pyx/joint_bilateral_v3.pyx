include "joint_bilateral.pxi"
