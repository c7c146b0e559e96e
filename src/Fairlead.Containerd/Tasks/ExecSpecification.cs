using System.Text.Json.Nodes;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Containerd.Tasks;

/// <summary>
/// Makes the process of a command out of the container's own, as containerd's CRI plugin does: everything stays (user and groups,
/// capabilities, working directory, environment, limits, noNewPrivileges…) but what is run and whether there is a terminal.
/// </summary>
static class ExecSpecification
{
    const string TerminalVariable = "TERM=";

    /// <param name="process">The container's; changed.</param>
    /// <param name="request">What to run.</param>
    /// <param name="size">The terminal's size before the first byte, where it is known.</param>
    public static JsonObject Apply(JsonObject process, RemoteCommandRequest request, TerminalSize? size)
    {
        process["args"] = new JsonArray([.. request.Command.Select(argument => JsonValue.Create(argument))]);
        process.Remove("commandLine");
        process.Remove("consoleSize");
        process["terminal"] = request.Tty;
        if (!request.Tty) return process;

        SetTerminal(process);
        if (size is { } known) process["consoleSize"] = new JsonObject { ["height"] = known.Height, ["width"] = known.Width };
        return process;
    }

    static void SetTerminal(JsonObject process)
    {
        if (process["env"] is not JsonArray environment) process["env"] = environment = [];
        for (int i = 0; i < environment.Count; i++)
        {
            if (environment[i] is not JsonValue value || !value.TryGetValue(out string? variable)
                || !variable.StartsWith(TerminalVariable, StringComparison.Ordinal)) continue;
            environment[i] = TerminalVariable + "xterm";
            return;
        }

        environment.Add((JsonNode)(TerminalVariable + "xterm"));
    }
}
