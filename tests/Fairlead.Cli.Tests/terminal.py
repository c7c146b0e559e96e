"""Runs a command on a terminal of its own and reports what became of the terminal.

usage: terminal.py WAIT_FOR ACTION COMMAND...
Waits until the output holds WAIT_FOR, then does ACTION: none, term, hup, quit, int (signals), resize, or keys:HEX.
Prints: exit code (128+n for a signal), whether the modes are as before, whether they were raw in between, the output as Python writes it.
"""
import fcntl, os, pty, select, signal, struct, sys, termios

wait_for, action, command = sys.argv[1].encode(), sys.argv[2], sys.argv[3:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.closerange(3, 256)
    os.execv(command[0], command)

output = b""
while wait_for not in output:
    if select.select([master], [], [], 0.5)[0]:
        output += os.read(master, 4096)
    elif os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        sys.exit(f"ended before it printed {wait_for!r}: {output!r}")
raw = not termios.tcgetattr(slave)[3] & (termios.ICANON | termios.ECHO | termios.ISIG)
if action == "resize":
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 44, 202, 0, 0))
elif action.startswith("keys:"):
    os.write(master, bytes.fromhex(action[5:]))
elif action != "none":
    os.kill(pid, getattr(signal, "SIG" + action.upper()))
_, status = os.waitpid(pid, 0)
code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
restored = termios.tcgetattr(slave) == before
os.set_blocking(master, False)
try:
    while True:
        output += os.read(master, 4096)
except BlockingIOError:
    pass
print(code, "restored" if restored else "NOT-RESTORED", "raw" if raw else "cooked", repr(output.decode()))
