// A job with an input and an output, both files of any length: neither is ever held in memory as a whole.
//   dotnet run --project samples/batch -- demo measurements.csv sorted.csv sort -n
using Fairlead;

if (args is not [string target, string from, string to, .. { Length: > 0 } command])
{
    Console.Error.WriteLine("usage: batch POD INPUT OUTPUT COMMAND [ARGUMENT]...");
    return 2;
}

using StreamingClient client = StreamingClient.FromKubeconfig();
await using FileStream input = File.OpenRead(from), output = File.Create(to);
await using Stream error = Console.OpenStandardError();
try
{
    ExitStatus exit = await client.RunAsync(PodReference.Parse(target), command, input, output, error);
    return exit.Code;
}
catch (SessionLostException lost)
{
    // Whether the command has ended, and how, nobody knows. The output is a part at best.
    Console.Error.WriteLine($"lost: {lost.Message}");
    return 255;
}
