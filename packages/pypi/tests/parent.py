"""A program that starts a fake, prints its URL, and ends in the way that its argument selects."""

import sys
import threading

from fake_seam import FakeSeam

fake = FakeSeam()
print(fake.url, flush=True)
# The test writes a line after it has connected.
sys.stdin.readline()
if sys.argv[1] == "throw":
    raise RuntimeError("raised by the test")
if sys.argv[1] == "hang":
    threading.Event().wait()
