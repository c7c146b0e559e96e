"""Many short connections through one port-forward: each asks, ends its direction, and reads the answer to its end."""

import selectors
import socket
import threading
import time

from .process import Failed

ASKED = b"q" * 1000


class Echo:
    """What listens in the pod: repeats what it got once its client has ended, on one thread, so that it costs all contestants the same."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping = True
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listener.close()

    def _serve(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            got = {}
            while not self._stopping:
                for key, _ in selector.select():
                    if key.fileobj is self._listener:
                        connection, _ = self._listener.accept()
                        connection.setblocking(False)
                        got[connection] = b""
                        selector.register(connection, selectors.EVENT_READ)
                        continue
                    connection = key.fileobj
                    try:
                        part = connection.recv(65536)
                    except ConnectionError:
                        part = b""
                    got[connection] += part
                    if part and got[connection] != b"h": # one that is held says so, and is answered at once
                        continue
                    try:
                        connection.sendall(got[connection])
                    except ConnectionError:
                        pass
                    got[connection] = b""
                    if not part:
                        selector.unregister(connection)
                        connection.close()
                        del got[connection]


def ask(port, count, at_once):
    """Seconds that so many connections take, so many of them at a time."""
    left = count
    begun = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        got = {}

        def connect():
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", port))
            selector.register(connection, selectors.EVENT_WRITE)

        for _ in range(at_once):
            connect()
        left -= at_once
        open_ones = at_once
        while open_ones:
            for key, mask in selector.select(30) or [(None, 0)]:
                if key is None:
                    raise Failed("a connection was not answered within 30 s")
                connection = key.fileobj
                if mask & selectors.EVENT_WRITE:
                    connection.sendall(ASKED)
                    connection.shutdown(socket.SHUT_WR)
                    selector.modify(connection, selectors.EVENT_READ)
                    got[connection] = 0
                    continue
                part = connection.recv(65536)
                got[connection] += len(part)
                if part:
                    continue
                if got.pop(connection) != len(ASKED):
                    raise Failed("an answer is not whole")
                selector.unregister(connection)
                connection.close()
                open_ones -= 1
                if left:
                    left -= 1
                    open_ones += 1
                    connect()
    return time.perf_counter() - begun


def hold(port, count):
    """Connections that stay: each has been there and back once."""
    held = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(b"h")
        if connection.recv(1) != b"h":
            raise Failed("a connection that was to be held ended")
        held.append(connection)
    return held


def short(count, at_once, held=0):
    """So many short connections beside others that are held; the way is warm."""
    def measure(client):
        with Echo() as echo, client.forward(echo.port) as port:
            ask(port, 40, 20)
            kept = hold(port, held)
            wall = ask(port, count, at_once)
            for connection in kept:
                connection.close()
        return {"wall": wall * 1e3}
    return measure
