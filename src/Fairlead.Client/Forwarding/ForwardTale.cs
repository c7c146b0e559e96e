using Fairlead.Client.Telemetry;
using Microsoft.Extensions.Logging;

namespace Fairlead.Client.Forwarding;

/// <summary>Tells the log what happens to a forward, beside whoever else is told.</summary>
static class ForwardTale
{
    /// <summary>The options with an observer that counts and tells the log first.</summary>
    internal static ForwardOptions ToldTo(ILogger logger, ForwardOptions options)
    {
        bool isLogged = logger.IsEnabled(LogLevel.Error);
        Action<ForwardEvent>? observer = options.Observer;
        return options with
        {
            Observer = happened =>
            {
                ForwardTelemetry.Tell(happened);
                if (isLogged) Tell(logger, happened);
                observer?.Invoke(happened);
            },
        };
    }

    static void Tell(ILogger logger, ForwardEvent happened)
    {
        string what = happened.Kind switch
        {
            ForwardEventKind.ConnectionOpened => "opened",
            ForwardEventKind.ConnectionEnded => happened.Error is null ? "ended" : "was reset",
            ForwardEventKind.ConnectionRefused => "was refused",
            ForwardEventKind.ConnectionsWait => "new ones have to wait",
            ForwardEventKind.CarrierLost => "the connection to the pod was lost",
            ForwardEventKind.RedialFailed => "it could not be connected again",
            ForwardEventKind.Redialled => "it is connected again",
            _ => happened.Kind.ToString(),
        };
        if (happened.Local is { } local)
            Log.ForwardConnection(logger, happened.Error, happened.Pod.Namespace, happened.Pod.Name, local.ToString(), happened.Remote,
            what);
        else Log.Forward(logger, happened.Error is null ? LogLevel.Information : LogLevel.Warning, happened.Error, happened.Pod.Namespace,
            happened.Pod.Name, what);
    }
}
