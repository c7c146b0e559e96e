using System.IO.Pipelines;
using Fairlead.Files.Shells;

namespace Fairlead.Files.Tests;

/// <summary>A shell of this machine, of which what it prints goes wrong at one byte.</summary>
sealed class FaultyShell : IShellProcess
{
    readonly HostShell _shell;
    readonly Pipe _output = new();
    readonly PeerFault _fault;
    readonly Task _pumping;
    long _left; // bytes until the fault
    volatile bool _hasDied;

    internal FaultyShell(HostShell shell, PeerFault fault, long at)
    {
        (_shell, _fault, _left) = (shell, fault, at);
        _pumping = PumpAsync();
    }

    public PipeWriter Input => _shell.Input;

    public PipeReader Output => _output.Reader;

    public PipeReader Errors => _shell.Errors;

    async Task PumpAsync()
    {
        byte[] buffer = new byte[4096];
        await using Stream printed = _shell.Output.AsStream();
        while (await printed.ReadAsync(buffer) is > 0 and var count)
        {
            bool isHere = _fault != PeerFault.None && _left >= 0 && _left < count;
            int at = isHere ? (int)_left : count;
            _left -= count;
            await _output.Writer.WriteAsync(buffer.AsMemory(0, at));
            if (!isHere) continue;
            switch (_fault)
            {
                case PeerFault.Stops:
                    return;
                case PeerFault.Dies:
                    _hasDied = true;
                    _shell.Kill(); // its input stays the client's to complete: whoever still writes sees the end
                    await _output.Writer.CompleteAsync();
                    return;
                case PeerFault.Shortens:
                    at = Math.Min(count, at + 7);
                    break;
                case PeerFault.AnswersLate:
                    await Task.Delay(ShellPeer.s_late);
                    break;
                default:
                    await _output.Writer.WriteAsync("\n\n\n\n\n\n\n\n\n"u8.ToArray());
                    break;
            }

            await _output.Writer.WriteAsync(buffer.AsMemory(at, count - at));
        }

        await _output.Writer.CompleteAsync();
    }

    public ValueTask<ExitStatus> WaitForExitAsync(CancellationToken cancellationToken) =>
        _hasDied ? new(new ExitStatus(137, null)) : _shell.WaitForExitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _shell.DisposeAsync();
        await _pumping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // what a killed shell has left in its pipe is nobody's
    }
}
