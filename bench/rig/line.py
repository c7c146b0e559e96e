"""A line in front of a server: what is sent arrives half a round trip later, at whatever rate.

It is a process of its own: what is on its way lies in its memory, and the kernel counts a parent's memory into the peak of every process that it starts.
"""

import asyncio
import re
import subprocess
import sys
from pathlib import Path


class Line:
    """A proxy that waits. It takes connections at once, so a client's first bytes wait for the round trip of TCP's handshake."""

    def __init__(self, stage, name, server, round_trip):
        self.kubeconfig = stage.folder / f"{name}.kubeconfig"
        self.environment = {**stage.environment, "KUBECONFIG": str(self.kubeconfig)}
        said = server.kubeconfig.read_text()
        host, port = re.search(r"https://([0-9.]+):([0-9]+)", said).groups()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rig.line", host, port, str(round_trip)], cwd=Path(__file__).parents[1], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        here = self._process.stdout.readline().strip()
        self.kubeconfig.write_text(said.replace(f"{host}:{port}", f"127.0.0.1:{here}"))

    def stop(self):
        self._process.stdin.close() # it ends with its input, and so with this process, however that ends
        self._process.wait(10)
        self._process.stdout.close()


async def carry(source, target, round_trip, first):
    """Carries one direction to its end; nothing arrives before the first bytes may."""
    loop = asyncio.get_running_loop()
    under_way, not_before = asyncio.Queue(), loop.time() + first
    delivering = loop.create_task(deliver(under_way, target))
    data = True
    while data:
        try:
            data = await source.read(1 << 18)
        except ConnectionError:
            data = b"" # whoever is reset has ended
        under_way.put_nowait((max(loop.time(), not_before) + round_trip / 2, data))
    await delivering


async def deliver(under_way, target):
    try:
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            if not data:
                target.write_eof()
                return
            target.write(data)
            await target.drain()
    except OSError:
        pass # nobody is there to take it


async def serve(host, port, round_trip):
    """Says the port that it listens on, and ends with its standard input."""

    async def join(near, to_near):
        far, to_far = await asyncio.open_connection(host, port)
        try:
            await asyncio.gather(carry(near, to_far, round_trip, round_trip), carry(far, to_near, round_trip, 0))
        except asyncio.CancelledError:
            pass # the line goes
        finally:
            to_far.close()
            to_near.close()

    listener = await asyncio.start_server(join, "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
