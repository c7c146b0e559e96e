namespace Fairlead.Cli.Tests.Logging;

/// <summary>What is said to a server, or comes from it, and must appear in no log.</summary>
static class Secrets
{
    public const string Command = "planted-command", Argument = "planted-argument", Token = "planted-token", User = "planted-user", Group = "planted-group",
        Extra = "planted-extra", Password = "planted-password", Plugin = "planted-plugin-output", Cookie = "planted-cookie", Variable = "planted-variable",
        Input = "planted-input", ProxyPassword = "planted-proxy", Header = "planted-header", Query = "planted-query";

    /// <summary>All of them begin so.</summary>
    const string Mark = "planted-";

    public static void AssertAbsent(string log)
    {
        string[] lines = [.. log.Split('\n').Where(static line => line.Contains(Mark, StringComparison.OrdinalIgnoreCase))];
        Assert.True(lines.Length == 0, "secrets in the log:\n" + string.Join('\n', lines));
    }
}
