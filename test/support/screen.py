"""What a terminal shows after the bytes of stdin: its lines, top to bottom. Arguments: columns and rows."""
import sys

import pyte

screen = pyte.Screen(int(sys.argv[1]), int(sys.argv[2]))
stream = pyte.ByteStream(screen)
stream.feed(sys.stdin.buffer.read())
print("\n".join(line.rstrip() for line in screen.display))
