using System.Runtime.InteropServices;
using Fairlead.Containerd.Native;
using Fairlead.Streaming.RemoteCommand;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Containerd.Tasks;

/// <summary>
/// This side's ends of a native command's FIFOs. Until the command has started this side holds both ends of each: a reader would else
/// see an end before the first writer came, and a writer could not be opened at all.
/// </summary>
sealed class ExecFifos : IDisposable
{
    const string InputName = "stdin", OutputName = "stdout", ErrorName = "stderr";

    ExecFifos()
    {
    }

    /// <summary>The command's input; null when none was asked for.</summary>
    public InputFifo? Input { get; private set; }

    /// <summary>Its outputs, or its terminal's.</summary>
    public OutputFifo? Output { get; private set; }

    /// <summary>Its error output; null with a terminal.</summary>
    public OutputFifo? Error { get; private set; }

    /// <summary>Makes the FIFOs that a command needs and opens them.</summary>
    public static ExecFifos Create(ExecFolder folder, RemoteCommandRequest request)
    {
        ExecFifos fifos = new();
        try
        {
            if (request.Stdin)
            {
                Fifo.Create(folder.Input);
                SafePipeHandle keeper = Fifo.OpenReader(folder.Input);
                try
                {
                    fifos.Input = new InputFifo(Fifo.OpenWriter(folder.Input), keeper);
                }
                catch
                {
                    keeper.Dispose();
                    throw;
                }
            }

            // Both, whatever was asked for: the shim opens either or none, and what nobody wants is read and dropped.
            fifos.Output = Open(folder.Output);
            if (!request.Tty) fifos.Error = Open(folder.Error);
            return fifos;
        }
        catch
        {
            fifos.Dispose();
            throw;
        }
    }

    /// <summary>Those that an earlier process has opened, and that were kept open since. It owns the descriptors.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="descriptors">This side's ends, by name.</param>
    /// <param name="isRead">containerd was seen to read the input.</param>
    public static ExecFifos Restore(ExecFolder folder, IReadOnlyDictionary<string, SafeHandle> descriptors, bool isRead)
    {
        ExecFifos fifos = new();
        if (Take(InputName) is { } input)
        {
            SafePipeHandle? keeper = isRead ? null : Fifo.OpenReader(folder.Input);
            fifos.Input = new InputFifo(input, keeper, keeper is null ? 0 : Fifo.Unread(keeper));
        }

        if (Take(OutputName) is { } output) fifos.Output = new OutputFifo(output, held: null);
        if (Take(ErrorName) is { } error) fifos.Error = new OutputFifo(error, held: null);
        return fifos;

        SafePipeHandle? Take(string name)
        {
            if (!descriptors.TryGetValue(name, out SafeHandle? handle)) return null;
            SafePipeHandle end = new(handle.DangerousGetHandle(), ownsHandle: true);
            handle.SetHandleAsInvalid();
            return end;
        }
    }

    /// <summary>This side's ends that are open, by name.</summary>
    public Dictionary<string, SafeHandle> Descriptors()
    {
        Dictionary<string, SafeHandle> open = [];
        if (Input is { Writer.IsClosed: false }) open.Add(InputName, Input.Writer);
        if (Output is not null) open.Add(OutputName, Output.Reader);
        if (Error is not null) open.Add(ErrorName, Error.Reader);
        return open;
    }

    /// <summary>
    /// The command has started, and with it containerd has opened its ends: from here on the outputs end when it closes them.
    /// </summary>
    public void LetGo()
    {
        Output?.LetGo();
        Error?.LetGo();
    }

    static OutputFifo Open(string path)
    {
        Fifo.Create(path);
        SafePipeHandle reader = Fifo.OpenReader(path);
        try
        {
            return new OutputFifo(reader, Fifo.OpenWriter(path));
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Input?.Dispose();
        Output?.Dispose();
        Error?.Dispose();
    }
}
