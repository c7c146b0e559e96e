using System.Text;

namespace Fairlead.Lab.Manifests;

/// <summary>
/// <c>$(NAME)</c> in a manifest's commands and values. <c>$$</c> is a dollar sign; a name that is not known stays as it is.
/// </summary>
static class VariableReferences
{
    internal static string Expand(string text, IReadOnlyList<KeyValuePair<string, string>> variables)
    {
        if (!text.Contains('$', StringComparison.Ordinal)) return text;
        StringBuilder result = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            char next = text[i + 1];
            int end = next == '(' ? text.IndexOf(')', i) : -1;
            if (next == '$')
            {
                result.Append('$');
                i++;
            }
            else if (end > 0)
            {
                string name = text[(i + 2)..end];
                int found = -1;
                for (int v = variables.Count - 1; v >= 0 && found < 0; v--) found = variables[v].Key == name ? v : -1;
                result.Append(found >= 0 ? variables[found].Value : text[i..(end + 1)]);
                i = end;
            }
            else
            {
                result.Append('$');
            }
        }

        return result.ToString();
    }
}
