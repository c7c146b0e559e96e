namespace Fairlead.Testing;

/// <summary>Where things are in this repository.</summary>
public static class Repository
{
    /// <summary>The root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The script that runs the command from source.</summary>
    public static string Command => Path.Combine(Root, "fairlead");

    /// <summary>Where the real peers are.</summary>
    public static string Peers => Environment.GetEnvironmentVariable("FAIRLEAD_PEERS") is { Length: > 0 } folder ? folder : Path.Combine(Root, ".peers");

    /// <summary>True when <c>./test --full</c> asked for the large sizes.</summary>
    public static bool IsFull => Environment.GetEnvironmentVariable("FAIRLEAD_TEST_FULL") == "1";

    static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fairlead.slnx"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No Fairlead.slnx above {AppContext.BaseDirectory}.");
    }
}
