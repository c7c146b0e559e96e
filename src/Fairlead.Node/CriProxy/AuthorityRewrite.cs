using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Fairlead.Node.CriProxy;

/// <summary>
/// Stands between a Unix socket and an HTTP/2 server: what the client sends passes as it is, but for an <c>:authority</c> that is no host.
/// </summary>
static class AuthorityRewrite
{
    /// <summary>Serves a connection with what is behind.</summary>
    public static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        IDuplexPipe transport = connection.Transport;
        Pipe rewritten = new();
        Task moving = MoveAsync(transport.Input, rewritten.Writer);
        connection.Transport = new Rewritten(rewritten.Reader, transport.Output);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
            await rewritten.Reader.CompleteAsync();
            transport.Input.CancelPendingRead();
            await moving;
        }
    }

    static async Task MoveAsync(PipeReader input, PipeWriter output)
    {
        try
        {
            ClientFrames frames = new(output);
            while (true)
            {
                ReadResult result = await input.ReadAsync();
                if (result.IsCanceled) break;
                SequencePosition taken = frames.Take(result.Buffer);
                input.AdvanceTo(taken, result.Buffer.End);
                FlushResult flush = await output.FlushAsync();
                if (flush.IsCompleted || result.IsCompleted) break;
            }

            await output.CompleteAsync();
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or ConnectionResetException or InvalidDataException)
        {
            await output.CompleteAsync(e); // the server ends the connection by it
        }
    }

    sealed record Rewritten(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
