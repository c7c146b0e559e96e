using Fairlead.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fairlead;

/// <summary>Checks an application's clients.</summary>
public static class FairleadHealthChecks
{
    extension(IHealthChecksBuilder checks)
    {
        /// <summary>Adds a check of whether the client's server answers, with the client's own credentials.</summary>
        /// <param name="name">The client's key; null for the one without.</param>
        /// <param name="tags">The check's tags; null for none.</param>
        public IHealthChecksBuilder AddFairlead(string? name = null, IEnumerable<string>? tags = null) =>
            checks.Add(new HealthCheckRegistration(
                name is null ? "fairlead" : $"fairlead-{name}",
                provider => new ServerHealthCheck(() => name is null // made when it is asked: a client that cannot be made is a finding too
                    ? provider.GetRequiredService<StreamingClient>()
                    : provider.GetRequiredKeyedService<StreamingClient>(name)),
                failureStatus: null, tags));
    }
}
