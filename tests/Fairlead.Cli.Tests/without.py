"""Runs a command on a Linux that lacks calls, as other systems do: without.py CALL,... COMMAND...

They fail with ENOSYS, for the command and for whatever it starts, by a filter of the kernel's (seccomp).
"""
import ctypes, os, platform, struct, sys

NUMBERS = {"x86_64": {"pwritev2": 328}, "aarch64": {"pwritev2": 287}}[platform.machine()]
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_NUMBER, IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
ALLOW, ENOSYS = 0x7FFF0000, 0x00050000 | 38

lines = [(LOAD_NUMBER, 0, 0, 0)]  # of struct seccomp_data, the first word
for name in sys.argv[1].split(","):
    lines += [(IF_EQUAL, 0, 1, NUMBERS[name]), (RETURN, 0, 0, ENOSYS)]
lines += [(RETURN, 0, 0, ALLOW)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(lines), ctypes.addressof(code)))

libc = ctypes.CDLL(None, use_errno=True)
for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0)):
    if libc.prctl(arguments[0], *(argument if argument is program else ctypes.c_ulong(argument) for argument in arguments[1:])):
        sys.exit(f"without.py: {os.strerror(ctypes.get_errno())}")
try:
    os.pwritev(1, [b""], 0, os.RWF_NOWAIT)
except OSError:
    os.execv(sys.argv[2], sys.argv[2:])
sys.exit("without.py: the filter does nothing")
