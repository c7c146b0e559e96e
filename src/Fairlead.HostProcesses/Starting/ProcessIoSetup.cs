using System.IO.Pipes;
using Fairlead.HostProcesses.Native;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.HostProcesses.Starting;

/// <summary>
/// Makes the pipes or the terminal of one start and tells the spawn what to do with them. Disposing closes the process's ends, and
/// this side's too unless they were taken.
/// </summary>
sealed class ProcessIoSetup : IDisposable
{
    readonly List<SafePipeHandle> _theirs = [], _ours = [];
    readonly HashSet<FileIdentity> _files = [];
    readonly SafePipeHandle? _input, _output, _error;
    readonly Pseudoterminal? _terminal;
    bool _taken;

    internal ProcessIoSetup(ProcessStart start, SpawnActions actions)
    {
        try
        {
            if (start.Terminal)
            {
                _terminal = Pseudoterminal.Open();
                if (start.Size is { } size) _terminal.Resize(size);
                if (_terminal.Identity is { } file) _files.Add(file);
                actions.Open(0, _terminal.Path, LibC.O_RDWR); // a session leader's first terminal becomes its controlling one
                actions.Duplicate(0, 1);
                actions.Duplicate(0, 2);
                return;
            }

            _input = Connect(actions, 0, start.Stdin);
            _output = Connect(actions, 1, start.Stdout);
            _error = Connect(actions, 2, start.Stderr);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>This side's ends, now the caller's.</summary>
    internal ProcessIo Take()
    {
        _taken = true;
        if (_terminal is not null)
        {
            return new ProcessIo
            {
                Input = _terminal.Stream,
                Output = new OutputSource(_terminal.Stream, _terminal.Descriptor),
                Terminal = _terminal,
                Files = _files,
            };
        }

        return new ProcessIo
        {
            Input = _input is null ? null : new AnonymousPipeClientStream(PipeDirection.Out, _input),
            Output = Source(_output),
            Error = Source(_error),
            Files = _files,
        };
    }

    static OutputSource? Source(SafePipeHandle? handle) =>
        handle is null ? null : new OutputSource(new AnonymousPipeClientStream(PipeDirection.In, handle), handle);

    SafePipeHandle? Connect(SpawnActions actions, int target, bool wanted)
    {
        if (!wanted)
        {
            actions.Open(target, "/dev/null", target == 0 ? LibC.O_RDONLY : LibC.O_WRONLY);
            return null;
        }

        PipePair pipe = PipePair.Create(bulk: target != 2);
        (SafePipeHandle theirs, SafePipeHandle ours) = target == 0 ? (pipe.Reader, pipe.Writer) : (pipe.Writer, pipe.Reader);
        _theirs.Add(theirs);
        _ours.Add(ours);
        actions.Duplicate(theirs, target);
        if (FileIdentity.Of(ours) is { } file) _files.Add(file);
        return ours;
    }

    public void Dispose()
    {
        foreach (SafePipeHandle end in _theirs) end.Dispose();
        if (_taken) return;
        foreach (SafePipeHandle end in _ours) end.Dispose();
        _terminal?.Dispose();
    }
}
