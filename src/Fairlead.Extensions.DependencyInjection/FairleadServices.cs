using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Fairlead;

/// <summary>Puts clients into an application's services.</summary>
/// <example>
/// <code>
/// builder.Services.AddFairlead(builder.Configuration.GetSection("Fairlead"));            // StreamingClient
/// builder.Services.AddFairlead("staging", options => options.Context = "staging");       // [FromKeyedServices("staging")]
/// builder.Services.AddHealthChecks().AddFairlead();
/// </code>
/// </example>
public static class FairleadServices
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds a <see cref="StreamingClient"/>: one for the application, made when it is first asked for, disposed with
        /// it.</summary>
        /// <param name="configure">Says which server; null for the one that kubectl would pick.</param>
        public IServiceCollection AddFairlead(Action<FairleadOptions>? configure = null)
        {
            services.AddOptions<FairleadOptions>().Configure(configure ?? (static _ => { }));
            services.TryAddSingleton(static provider => Create(provider, Options.DefaultName));
            return services;
        }

        /// <summary>The same by configuration: <c>Kubeconfig</c>, <c>Context</c>, <c>Namespace</c>, <c>RequestTimeout</c>.</summary>
        /// <param name="section">The section.</param>
        public IServiceCollection AddFairlead(IConfiguration section)
        {
            services.AddOptions<FairleadOptions>().Bind(section);
            return services.AddFairlead();
        }

        /// <summary>Adds one client of several, as a keyed service.</summary>
        /// <param name="name">Its key.</param>
        /// <param name="configure">Says which server.</param>
        public IServiceCollection AddFairlead(string name, Action<FairleadOptions>? configure = null)
        {
            ArgumentException.ThrowIfNullOrEmpty(name);
            services.AddOptions<FairleadOptions>(name).Configure(configure ?? (static _ => { }));
            services.TryAddKeyedSingleton(name, static (provider, key) => Create(provider, (string)key!));
            return services;
        }

        /// <summary>The same by configuration.</summary>
        /// <param name="name">Its key.</param>
        /// <param name="section">The section.</param>
        public IServiceCollection AddFairlead(string name, IConfiguration section)
        {
            services.AddOptions<FairleadOptions>(name).Bind(section);
            return services.AddFairlead(name);
        }
    }

    static StreamingClient Create(IServiceProvider provider, string name)
    {
        FairleadOptions options = provider.GetRequiredService<IOptionsMonitor<FairleadOptions>>().Get(name);
        return StreamingClient.FromKubeconfig(new KubeConfigOptions
        {
            Path = options.Kubeconfig,
            Context = options.Context,
            Namespace = options.Namespace,
            RequestTimeout = options.RequestTimeout,
            Interactive = false, // a service has nobody at a terminal
            Logging = provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance,
        });
    }
}
