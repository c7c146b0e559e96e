using Fairlead.Cli;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Native;
using Fairlead.Cli.Terminals;

StandardStreams.FillClosed();
using IDisposable? text = OperatingSystem.IsWindows() ? new ConsoleText() : null;

// System.Console stays out of the way of the terminal: its set-up would change modes that a session has changed on purpose.
StreamWriter output = new(StandardStreams.OpenTextOutput()) { AutoFlush = false };
StreamWriter error = new(StandardStreams.OpenMessages()) { AutoFlush = true };
args = ArgumentBytes.Read(args, out string? refusal);
if (refusal is not null)
{
    await error.WriteLineAsync(refusal);
    return ExitCodes.Failure;
}

int code = await FairleadCommand.RunAsync(args, output, error);
try
{
    await output.FlushAsync();
}
catch (IOException e)
{
    Failure failure = Failure.Of(e); // what read a help or a table has gone, as in `fairlead help exec | head`; or a disk is full
    if (failure.Message is not null) await error.WriteLineAsync($"error: {failure.Message}");
    return failure.ExitCode;
}

return code;
