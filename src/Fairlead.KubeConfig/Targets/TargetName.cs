namespace Fairlead.KubeConfig.Targets;

/// <summary>A target as people write it: a pod's name, or <c>type/name</c>.</summary>
readonly record struct TargetName(OwnerKind? Owner, string Name)
{
    /// <exception cref="TargetException">No name, or a type that owns no pods.</exception>
    public static TargetName Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string name = text[(slash + 1)..];
        if (name.Length == 0 || slash == 0 || name.Contains('/', StringComparison.Ordinal))
            throw new TargetException($"\"{text}\" is neither the name of a pod nor type/name");
        CheckSegment(name);
        if (slash < 0) return new TargetName(null, name);

        string type = text[..slash];
        if (Is(type, "po", "pod", "pods", "")) return new TargetName(null, name);
        foreach (OwnerKind kind in OwnerKind.All)
        {
            if (Is(type, kind.ShortName, kind.Singular, kind.Plural, kind.Group)) return new TargetName(kind, name);
        }

        throw new TargetException(
            $"no pods are looked up by the type \"{type}\": pod, {string.Join(", ", OwnerKind.All.Select(kind => kind.Singular))} " +
            "are known");
    }

    /// <summary>What is no part of a path would ask for something else; client-go refuses the same.</summary>
    /// <exception cref="TargetException">It is none.</exception>
    internal static void CheckSegment(string name)
    {
        if (name is "." or ".." || name.AsSpan().IndexOfAny('/', '%') >= 0)
            throw new TargetException($"\"{name}\" is no name that anything can have");
    }

    /// <summary>
    /// A type in any of its spellings, also with its group (<c>deployments.apps</c>) or version (<c>deployments.v1.apps</c>).
    /// </summary>
    static bool Is(string type, string shortName, string singular, string plural, string group)
    {
        int dot = type.IndexOf('.', StringComparison.Ordinal);
        string word = dot < 0 ? type : type[..dot];
        string qualifier = dot < 0 ? "" : type[(dot + 1)..];
        return (Same(word, shortName) || Same(word, singular) || Same(word, plural))
            && (qualifier.Length == 0 || Same(qualifier, group) || Same(qualifier, group.Length == 0 ? "v1" : "v1." + group));

        static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
    }
}
