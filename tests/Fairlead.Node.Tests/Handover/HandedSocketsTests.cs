using System.IO.Pipes;
using System.Runtime.InteropServices;
using Fairlead.Node.Handover;

namespace Fairlead.Node.Tests.Handover;

/// <summary>What a process was given when it was started is its own, and not that of programs which it starts.</summary>
public sealed partial class HandedSocketsTests
{
    const int GetFlags = 1, CloseOnExec = 1;

    [Fact]
    public async Task The_pipe_to_the_former_process_is_not_left_to_programs()
    {
        await using AnonymousPipeServerStream pipe = new(PipeDirection.In, HandleInheritability.Inheritable);
        string handle = pipe.GetClientHandleAsString();
        Assert.Equal(0, fcntl(int.Parse(handle), GetFlags));
        Environment.SetEnvironmentVariable(Successor.ReadyVariable, handle);
        try
        {
            Assert.Empty(HandedSockets.Take(out _));
            Assert.Equal(CloseOnExec, fcntl(int.Parse(handle), GetFlags));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Successor.ReadyVariable, null);
        }
    }

    [LibraryImport("libc")] private static partial int fcntl(int descriptor, int command);
}
