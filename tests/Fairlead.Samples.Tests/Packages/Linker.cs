namespace Fairlead.Samples.Packages;

/// <summary>What native programs are linked by.</summary>
static class Linker
{
    internal static bool IsThere => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(static folder => File.Exists(Path.Combine(folder, "clang")) || File.Exists(Path.Combine(folder, "gcc")));
}
