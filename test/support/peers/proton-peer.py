"""Qpid Proton as a peer of the VAN-Flow codec.

usage: proton-peer.py encode            JSON messages on stdin, one a line -> their bytes in base64
       proton-peer.py decode            bytes in base64 on stdin, one message a line -> JSON messages
       proton-peer.py collect PORT N    attaches to a router on loopback, asks every source of the first N beacons
                                        to tell all, prints each message that comes as JSON until stdin closes
"""

import base64
import json
import select
import sys

from proton import Message, int32, symbol, uint, ulong
from proton.handlers import MessagingHandler
from proton.reactor import Container

TYPES = {"uint": uint, "ulong": ulong, "int": int32, "long": int, "string": str, "symbol": symbol, "double": float,
         "boolean": bool, "null": lambda _: None, "list": list}


def typed(kind, value):
    return TYPES[kind](int(value) if kind in ("uint", "ulong", "int", "long") else value)


def encode(line):
    said = json.loads(line)
    message = Message(subject=said["subject"], address=said["to"])
    if said.get("id") is not None:
        message.id = ulong(said["id"])
    message.properties = {key: typed(*value) for key, value in said.get("properties", {}).items()} or None
    message.body = [{uint(code): typed(*value) for code, *value in record} for record in said["records"]]
    print(base64.b64encode(message.encode()).decode())


def plain(value):
    """Numbers as text with their AMQP type, since JSON's are too short for some."""
    if value is None or isinstance(value, bool):
        return [type(value).__name__, value]
    return [type(value).__name__, str(int(value)) if isinstance(value, int) else str(value)]


def describe(message):
    body = message.body if isinstance(message.body, list) else None
    return json.dumps({
        "subject": message.subject,
        "to": message.address,
        "id": None if message.id is None else str(int(message.id)),
        "properties": {str(key): plain(value) for key, value in (message.properties or {}).items()},
        "records": None if body is None else [[[int(k), *plain(v)] for k, v in item.items()] for item in body],
    })


def decode(line):
    message = Message()
    message.decode(base64.b64decode(line))
    print(describe(message))


class Collector(MessagingHandler):
    """Attaches to what the first beacons name, and asks their sources to tell all."""

    def __init__(self, port, beacons):
        super().__init__()
        self.url, self.beacons, self.known = f"amqp://127.0.0.1:{port}", beacons, set()

    def on_start(self, event):
        self.container = event.container
        self.connection = event.container.connect(self.url, allowed_mechs="ANONYMOUS")
        event.container.create_receiver(self.connection, "mc/sfe.all")
        self.sender = event.container.create_sender(self.connection, None)
        event.container.schedule(0.1, self)

    def on_timer_task(self, event):
        if select.select([sys.stdin], [], [], 0)[0]:
            self.connection.close()
        else:
            event.container.schedule(0.1, self)

    def on_message(self, event):
        print(describe(event.message), flush=True)
        said = event.message.properties or {}
        direct = said.get("direct")
        if event.message.subject != "BEACON" or direct in self.known or len(self.known) == self.beacons:
            return
        self.known.add(direct)
        for suffix in ("", ".flows"):
            self.container.create_receiver(self.connection, said["address"] + suffix)
        self.sender.send(Message(address=direct, subject="FLUSH"))


if sys.argv[1] == "collect":
    Container(Collector(int(sys.argv[2]), int(sys.argv[3]))).run()
else:
    for text in sys.stdin:
        {"encode": encode, "decode": decode}[sys.argv[1]](text)
