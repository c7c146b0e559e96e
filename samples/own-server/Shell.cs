using System.IO.Pipelines;
using System.Text;
using Fairlead.Server;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Samples.OwnServer;

/// <summary>A container whose commands are written in C#.</summary>
sealed class Shell : IContainer
{
    public bool IsRunning => true;

    /// <summary>There is no main process: attach and logs are refused.</summary>
    public ValueTask<IMainProcess?> FindMainProcessAsync(CancellationToken cancellationToken) => default;

    /// <summary>Runs one command. Whatever becomes of it is the status; the server sends it, and closes in order.</summary>
    public async Task<Status> ExecAsync(AnsweringSession session)
    {
        try
        {
            switch (session.Request.Command)
            {
                case ["echo", ..]:
                    await session.StandardOutput.WriteAsync(Encoding.UTF8.GetBytes(string.Join(' ', session.Request.Command.Skip(1)) + "\n"));
                    return Status.Success;
                case ["upper"]:
                    return await UpperAsync(session.StandardInput, session.StandardOutput);
                case [var unknown, ..]:
                    await session.StandardError.WriteAsync(Encoding.UTF8.GetBytes($"{unknown}: not found\n"));
                    return Status.FromExitCode(127);
                default:
                    return Status.FromExitCode(126);
            }
        }
        catch (SessionLostException)
        {
            return Status.InternalError("the client is gone"); // nobody is told; a real command would be ended here
        }
    }

    /// <summary>Input to output, until the client has ended its input. A slow client is waited for: nothing is collected.</summary>
    static async Task<Status> UpperAsync(PipeReader input, PipeWriter output)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync();
            foreach (ReadOnlyMemory<byte> part in read.Buffer)
            {
                byte[] upper = new byte[part.Length];
                Ascii.ToUpper(part.Span, upper, out _);
                await output.WriteAsync(upper);
            }

            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) return Status.Success;
        }
    }
}
