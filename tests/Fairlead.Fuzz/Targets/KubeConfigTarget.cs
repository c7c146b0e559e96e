using Fairlead.KubeConfig.Files;

namespace Fairlead.Fuzz.Targets;

/// <summary>A kubeconfig file: read, or refused by its name and without a word of what is in it.</summary>
static class KubeConfigTarget
{
    const string Path = "/somewhere/kubeconfig", Secret = "s3cr3t";

    internal static void Run(byte[] input)
    {
        try
        {
            KubeConfigFile file = KubeConfigFile.Read(input, Path);
            FuzzTarget.Require(file.Users.Values.All(user => user.ClientKeyFile?.StartsWith('/') != false), "a path is relative still");
        }
        catch (KubeConfigException refused)
        {
            FuzzTarget.Require(refused.Message.Contains(Path, StringComparison.Ordinal), $"a refusal does not name the file: {refused.Message}");
            FuzzTarget.Require(!refused.Message.Contains(Secret, StringComparison.Ordinal), $"a refusal quotes the file: {refused.Message}");
        }
    }
}
