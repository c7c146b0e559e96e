using System.CommandLine.Parsing;

namespace Fairlead.Cli.CommandLine;

/// <summary>Reads a list of protocols, the value of <c>--protocol</c>.</summary>
static class ProtocolList
{
    /// <summary>Finds each name of a list; an error on the result where one is not known.</summary>
    /// <param name="result">The option's value: names by comma.</param>
    /// <param name="known">What there is, by name; <c>none</c> stands for the empty name.</param>
    /// <param name="what">What they are, for the error.</param>
    public static List<T>? Parse<T>(ArgumentResult result, IReadOnlyList<(string Name, T Protocol)> known, string what)
    {
        (string Name, T Protocol)[] named = [
            .. known.Select(static entry => (entry.Name.Length > 0 ? entry.Name : "none", entry.Protocol))];
        List<T> protocols = [];
        foreach (string name in result.Last.Split(',', StringSplitOptions.TrimEntries))
        {
            int at = Array.FindIndex(named, entry => entry.Name == name);
            if (at < 0)
            {
                result.AddError($"\"{name}\" is not a {what}: {string.Join(", ", named.Select(static entry => entry.Name))} are known");
                return null;
            }

            protocols.Add(named[at].Protocol);
        }

        return protocols;
    }
}
