using Fairlead.Server.Requests;

namespace Fairlead.Fuzz.Targets;

/// <summary>A query, a byte a character as a request line has it: what is read is what Go reads, or it is refused.</summary>
static class QueryTarget
{
    static readonly string[] s_names = ["command", "container", "stdin", "stdout", "stderr", "tty", "ports", "port"];

    internal static void Run(byte[] input)
    {
        string query = Encoding.Latin1.GetString(input);
        if (!QueryParameters.TryParse(query, out QueryParameters? read, out string? problem))
        {
            FuzzTarget.Require(problem.Length is > 0 and < 100, "a refusal has no reason, or quotes");
            return;
        }

        GoQuery go = GoQuery.Parse(query.StartsWith('?') ? query[1..] : query);
        FuzzTarget.Require(!go.HasDropped, "Go leaves something out that was read here");
        foreach (string name in s_names)
        {
            IReadOnlyList<string> values = read.All(name);
            FuzzTarget.Require(values.Select(InBytes).SequenceEqual(go[name]), $"Go reads another {name}");
            FuzzTarget.Require(read.First(name) == (values.Count == 0 ? null : values[0]), $"the first {name} is another");
            FuzzTarget.Require(read.Boolean(name) == go.Flag(name), $"Go reads {name} as another flag");
        }
    }

    /// <summary>The model's text has a character a byte.</summary>
    static string InBytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
