"""Which Python functions a call runs."""
import sys


def functions_called(call):
    """Return the names of the Python functions that a call runs, without its own."""
    names = []
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, _: names.append(frame.f_code.co_name) if event == "call" else None)
    try:
        call()
    finally:
        sys.setprofile(before)
    return names[1:]
