// What a container said last before its main process ended. Attaching sees it as it is printed, also when the container is gone afterwards.
//   dotnet run --project samples/crash-logs -- demo web
using Fairlead;

using StreamingClient client = StreamingClient.FromKubeconfig();
PodReference pod = PodReference.Parse(args.FirstOrDefault() ?? "demo") with { Container = args.ElementAtOrDefault(1) };

Queue<string> last = [];
while (true)
{
    await using RemoteProcess main = await client.AttachAsync(pod);
    Console.Error.WriteLine("attached");
    try
    {
        await foreach ((bool isError, string line) in main.ReadLinesAsync())
        {
            if (last.Count == 20) last.Dequeue();
            last.Enqueue(isError ? $"! {line}" : $"  {line}");
        }

        ExitStatus exit = await main.WaitForExitAsync();
        foreach (string line in last) Console.WriteLine(line);
        Console.WriteLine($"ended: {exit.Message ?? "in order"}");
        return exit.Code;
    }
    catch (SessionLostException lost)
    {
        last.Enqueue($"? the connection was lost ({lost.Kind}); some lines may be missing here"); // the process may live on: look again
    }
}
