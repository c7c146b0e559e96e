// Copies a folder into a container and shows how far it is. Interrupted, the same copy goes on from what has arrived.
//   dotnet run --project samples/copy -- ./site web-0 /srv/site
using Fairlead;

if (args is not [string from, string target, string to])
{
    Console.Error.WriteLine("usage: copy FROM POD TO");
    return 2;
}

using StreamingClient client = StreamingClient.FromKubeconfig();
Progress<CopyProgress> progress = new(static now =>
    Console.Error.WriteLine($"{now.Phase}: {now.Bytes} of {now.TotalBytes} bytes, {now.Files} of {now.TotalFiles} files"));
try
{
    CopyResult copied = await client.Files(PodReference.Parse(target)).CopyToPodAsync(from, to, new CopyOptions { Progress = progress });
    Console.WriteLine($"{copied.Files} files, {copied.Bytes} bytes, {copied.VerifiedBySha256} verified by SHA-256");
    foreach (CopyProblem refused in copied.Refused) Console.Error.WriteLine($"not copied: {refused.Path}: {refused.Reason}");
    return copied.Refused.Count == 0 ? 0 : 1;
}
catch (FairleadException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
