"""A program that starts a fake, prints its address and then does what its argument names."""

import sys
import threading

from fake_seam import FakeSeam

fake = FakeSeam()
print(fake.url, flush=True)
# The test has connected once it writes a line.
sys.stdin.readline()
if sys.argv[1] == "throw":
    raise RuntimeError("raised by the test")
if sys.argv[1] == "hang":
    threading.Event().wait()
