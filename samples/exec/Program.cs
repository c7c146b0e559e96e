// Runs a command with an input of its own, shows its lines as they come, and ends with its exit code.
//   dotnet run --project samples/exec -- deploy/web
using Fairlead;

using StreamingClient client = StreamingClient.FromKubeconfig();
PodReference pod = PodReference.Parse(args.FirstOrDefault() ?? "demo");

await using RemoteProcess run = await client.ExecAsync(pod, ["sort", "-u"], new() { Stdin = true });
Task sending = SendAsync(run); // both ways at once: a command that nobody reads stops reading, too
await foreach ((bool isError, string line) in run.ReadLinesAsync())
    await (isError ? Console.Error : Console.Out).WriteLineAsync(line);
await sending;
return (await run.WaitForExitAsync()).Code;

static async Task SendAsync(RemoteProcess run)
{
    await using StreamWriter text = new(run.StandardInput.AsStream()); // its disposal is the end of the input
    foreach (string word in (string[])["pear", "apple", "pear"]) await text.WriteLineAsync(word);
}
