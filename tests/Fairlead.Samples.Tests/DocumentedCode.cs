using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Fairlead.Testing;

namespace LabUsers;

/// <summary>The C# of the documents: each block as a method of one assembly, made by the compiler that has made this one.</summary>
/// <remarks>
/// What a block leaves out, since the text around it says it, is put in front of it here: a client, an application, a token. Ports, and
/// folders that this machine has no such thing in, are replaced by those of the test.
/// </remarks>
static partial class DocumentedCode
{
    internal sealed record Block(string File, int Number, string Text)
    {
        internal string Name => $"{Regex.Replace(Path.GetFileNameWithoutExtension(File), @"\W", "_")}_{Number}";

        /// <summary>It is a piece of a sample, which its first line names.</summary>
        internal string? Quoted => Text.StartsWith("// samples/", StringComparison.Ordinal) ? Text.Split('\n')[0][3..].Trim() : null;
    }

    internal static IReadOnlyList<Block> Blocks { get; } =
    [
        .. ((string[])["README.md", "eng/package-readme.md", .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Select(static file => Path.GetRelativePath(Repository.Root, file))])
            .SelectMany(static file => Fence().Matches(File.ReadAllText(Path.Combine(Repository.Root, file)))
                .Select((found, i) => new Block(file, i + 1, found.Groups[1].Value))),
    ];

    [GeneratedRegex(@"^```(?:csharp|cs|c#)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^using [\w.]+;$", RegexOptions.Multiline)]
    private static partial Regex Import();

    /// <summary>What stands for what: the document's, and the test's.</summary>
    internal static string Placed(string text, int port, string folder)
    {
        foreach ((string from, string to) in ((string, string)[])
        [
            (@"\b(5432|80)\b(?=[)\]])", port.ToString(System.Globalization.CultureInfo.InvariantCulture)), (@"\b8080\b", "0"),
            ("\"/srv/site\"", $"\"{folder}/placed-site\""), ("\"/tmp/placed-site\"", $"\"{folder}/placed-site-too\""), ("\"/backup\"", $"\"{folder}/backup\""), ("\"/var/log\"", $"\"{folder}/log\""), ("tar cf - /srv", $"tar cf - {folder}/site"),
        ])
            text = Regex.Replace(text, from, to);
        return text;
    }

    static string Method(Block block, int port, string folder)
    {
        string text = Placed(Import().Replace(block.Text, ""), port, folder);
        StringBuilder before = new(), after = new();
        bool Needs(string name) => Regex.IsMatch(text, $@"\b{name}\b") && !Regex.IsMatch(text, $@"^(await )?(using )?[\w<>]+ {name} = ", RegexOptions.Multiline);
        if (Needs("lab")) before.AppendLine("await using Lab lab = await Lab.StartAsync();");
        if (Needs("client")) before.AppendLine("using StreamingClient client = StreamingClient.FromKubeconfig();");
        if (Needs("progress")) before.AppendLine("Progress<CopyProgress> progress = new(_ => { });");
        if (Needs("configuration")) before.AppendLine("KubernetesClientConfiguration configuration = KubernetesClientConfiguration.BuildDefaultConfig();");
        if (Needs("token")) before.AppendLine("using CancellationTokenSource soon = new(200); CancellationToken token = soon.Token;");
        if (Needs("builder"))
        {
            before.AppendLine("WebApplicationBuilder builder = WebApplication.CreateBuilder();");
            after.AppendLine("await using WebApplication application = builder.Build();");
            after.AppendLine("await application.Services.GetRequiredService<StreamingClient>().RunAsync(new(\"demo\"), [\"true\"]);");
        }

        string body = Needs("token") ? $"try {{ {text} }} catch (OperationCanceledException) {{ }}" : text;
        return $"    public static async Task {block.Name}()\n    {{\n{before}\n#line 1 \"{block.File} block {block.Number}\"\n{body}\n{after}    }}\n";
    }

    /// <summary>Compiles all of them.</summary>
    /// <returns>The method of each, by its name.</returns>
    internal static async Task<IReadOnlyDictionary<string, Func<Task>>> CompileAsync(int port, string folder)
    {
        Block[] own = [.. Blocks.Where(static block => block.Quoted is null)];
        IEnumerable<string> imports = own.SelectMany(static block => Import().Matches(block.Text).Select(static found => found.Value)).Concat(
        [
            "using Fairlead;", "using k8s;", "using Microsoft.AspNetCore.Builder;", "using Microsoft.Extensions.DependencyInjection;", "using Microsoft.Extensions.Configuration;", "using Microsoft.Extensions.Hosting;",
            "using System;", "using System.IO;", "using System.Linq;", "using System.Net;", "using System.Net.Http;", "using System.Threading;", "using System.Threading.Tasks;", "using System.Collections.Generic;",
        ]).Distinct();
        string source = Path.Combine(folder, "documents.cs"), assembly = Path.Combine(folder, "documents.dll"), arguments = Path.Combine(folder, "documents.rsp");
        await File.WriteAllTextAsync(source, $"{string.Join('\n', imports)}\n\npublic static class Documents\n{{\n{string.Join('\n', own.Select(block => Method(block, port, folder)))}}}\n");
        string[] seen = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        await File.WriteAllLinesAsync(arguments,
            ["-nologo", "-target:library", "-langversion:14", "-nullable:enable", "-nostdlib", $"-out:\"{assembly}\"", $"\"{source}\"", .. seen.Select(static path => $"-r:\"{path}\"")]);
        string compiler = typeof(DocumentedCode).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static one => one.Key == "Compiler").Value!;
        RunResult run = await RunningProcess.RunAsync(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", compiler, "-noconfig", "@" + arguments]);
        Assert.True(run.ExitCode == 0, $"the documents' code does not compile:\n{string.Join('\n', run.Stdout.Split('\n').Where(static line => line.Contains("error", StringComparison.Ordinal)))}");
        Type made = Assembly.LoadFrom(assembly).GetType("Documents")!;
        return own.ToDictionary(static block => block.Name, block => made.GetMethod(block.Name)!.CreateDelegate<Func<Task>>());
    }
}
