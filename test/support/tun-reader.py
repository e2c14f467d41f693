"""Opens the TUN device named and prints each IPv6 packet that is sent through it, in hexadecimal, one a line."""

import fcntl
import os
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000

tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", sys.argv[1].encode(), IFF_TUN | IFF_NO_PI))
print("ready", flush=True)
while True:
    packet = os.read(tun, 65536)
    if packet[0] >> 4 == 6:
        print(packet.hex(), flush=True)
