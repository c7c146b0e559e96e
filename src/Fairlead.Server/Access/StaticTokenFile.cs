namespace Fairlead.Server.Access;

/// <summary>
/// Reads users out of a static token file as an API server takes it: <c>token,user,uid,"group1,group2"</c>, one user a line.
/// </summary>
/// <remarks>The uid is not used, and it and the groups may be left out. Empty lines and lines that begin with <c>#</c> are none.</remarks>
public static class StaticTokenFile
{
    /// <summary>Reads all users, each judged by what is allowed.</summary>
    /// <exception cref="FormatException">A line is of another form. The message says which, and shows no token.</exception>
    public static IReadOnlyList<ApiUser> Read(TextReader reader, AllowList allowed)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(allowed);
        List<ApiUser> users = [];
        HashSet<string> tokens = new(StringComparer.Ordinal);
        for (int number = 1; reader.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line) || line.StartsWith('#')) continue;
            string[] parts = line.Split(',', 4);
            if (parts.Length < 2) throw new FormatException($"line {number}: expected token,user,uid,\"group1,group2\"");
            (string token, string name) = (parts[0].Trim(), parts[1].Trim());
            if (token.Length == 0 || !token.All(character => character is > ' ' and <= '~'))
                throw new FormatException($"line {number}: a token has only printable ASCII characters and no spaces");
            if (name.Length == 0) throw new FormatException($"line {number}: the user has no name");
            if (!tokens.Add(token)) throw new FormatException($"line {number}: an earlier line has the same token; a token names one user");
            string quoted = parts.Length > 3 ? parts[3].Trim() : "";
            if (quoted.Count(character => character == '"') is not 0 and not 2 || quoted.StartsWith('"') != quoted.EndsWith('"'))
                throw new FormatException($"line {number}: the quotes around the groups are not closed");
            string[] groups = quoted.Length > 0
                ? quoted.Trim('"').Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                : [];
            users.Add(allowed.Judge(name, groups, token));
        }

        return users.Count > 0 ? users : throw new FormatException("it names no user");
    }
}
