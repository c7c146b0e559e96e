using Fairlead.Server.Access;
using Fairlead.Streaming.Tls;
using Fairlead.Yaml;

namespace Fairlead.Lab;

/// <summary>The users of a lab, out of a file.</summary>
static class LabUsers
{
    /// <exception cref="InvalidDataException">It cannot be read, is of another form, or names nobody.</exception>
    internal static IReadOnlyList<ApiUser> Read(string path, FileReads reads)
    {
        using StreamReader text = new(new MemoryStream(reads.Read(path)));
        try
        {
            IReadOnlyList<ApiUser> users = ApiUsers.FromJson(new YamlReader(text).Read()?.ToObject().Node);
            return users.Count > 0 ? users : throw new FormatException("there is no user in it: such a lab would answer nobody");
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
