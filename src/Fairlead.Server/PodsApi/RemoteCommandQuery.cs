using Fairlead.Streaming.RemoteCommand;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>Reads what an exec or attach asks for out of its query.</summary>
static class RemoteCommandQuery
{
    /// <exception cref="ApiRefusal">400: no stream is asked for, or an exec has no command.</exception>
    public static RemoteCommandRequest Read(IQueryCollection query, bool isExec, IContainer container)
    {
        bool tty = isExec ? QueryValues.Boolean(query, "tty") : container.HasTerminal;
        RemoteCommandRequest request = new()
        {
            Command = isExec ? [.. query["command"].Select(argument => argument ?? "")] : [],
            Stdin = QueryValues.Boolean(query, "stdin"),
            Stdout = QueryValues.Boolean(query, "stdout"),
            Stderr = QueryValues.Boolean(query, "stderr") && !tty, // a terminal has one output; asking for both is tolerated
            Tty = tty,
        };
        if (!request.Stdin && !request.Stdout && !request.Stderr)
            throw new ApiRefusal(Refusals.BadRequest("you must specify at least 1 of stdin, stdout, stderr"));
        if (isExec && request.Command.Count == 0) throw new ApiRefusal(Refusals.BadRequest("you must specify a command to run"));
        return request;
    }
}
