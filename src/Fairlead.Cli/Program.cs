using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Native;

// System.Console stays out of the way of the terminal: its set-up would change modes that a session has changed on purpose.
await using StreamWriter output = new(StandardStreams.OpenOutput()) { AutoFlush = false };
await using StreamWriter error = new(StandardStreams.OpenError()) { AutoFlush = true };
return await FairleadCommand.RunAsync(args, output, error);
