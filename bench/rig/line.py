"""A line in front of a server: what is sent arrives half a round trip later, at whatever rate."""

import asyncio
import re
import threading


class Line:
    """A proxy that waits. It takes connections at once, so a client's first bytes wait for the round trip of TCP's handshake."""

    def __init__(self, stage, name, server, round_trip):
        self.kubeconfig = stage.folder / f"{name}.kubeconfig"
        self.environment = {**stage.environment, "KUBECONFIG": str(self.kubeconfig)}
        self._round_trip = round_trip
        said = server.kubeconfig.read_text()
        host, port = re.search(r"https://([0-9.]+):([0-9]+)", said).groups()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        here = asyncio.run_coroutine_threadsafe(self._listen(host, int(port)), self._loop).result()
        self.kubeconfig.write_text(said.replace(f"{host}:{port}", f"127.0.0.1:{here}"))

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self, host, port):
        async def join(near, to_near):
            far, to_far = await asyncio.open_connection(host, port)
            try:
                await asyncio.gather(self._carry(near, to_far, self._round_trip), self._carry(far, to_near, 0))
            except asyncio.CancelledError:
                pass # the line goes
            finally:
                to_far.close()
                to_near.close()

        self._listener = await asyncio.start_server(join, "127.0.0.1", 0)
        return self._listener.sockets[0].getsockname()[1]

    async def _end(self):
        self._listener.close()
        carrying = asyncio.all_tasks() - {asyncio.current_task()}
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)

    async def _carry(self, source, target, first):
        """Carries one direction to its end; nothing arrives before the first bytes may."""
        under_way, not_before = asyncio.Queue(), self._loop.time() + first
        delivering = self._loop.create_task(self._deliver(under_way, target))
        data = True
        while data:
            try:
                data = await source.read(1 << 18)
            except ConnectionError:
                data = b"" # whoever is reset has ended
            under_way.put_nowait((max(self._loop.time(), not_before) + self._round_trip / 2, data))
        await delivering

    async def _deliver(self, under_way, target):
        try:
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(due - self._loop.time())
                if not data:
                    target.write_eof()
                    return
                target.write(data)
                await target.drain()
        except OSError:
            pass # nobody is there to take it
