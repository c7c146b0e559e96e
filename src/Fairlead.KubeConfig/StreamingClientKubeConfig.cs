using Fairlead.KubeConfig.Targets;

namespace Fairlead;

/// <summary>Makes clients of kubeconfigs.</summary>
public static class StreamingClientKubeConfig
{
    extension(StreamingClient)
    {
        /// <summary>A client of the server that a kubeconfig names, as kubectl would pick it.</summary>
        /// <param name="path">The file; null for <c>KUBECONFIG</c>, <c>~/.kube/config</c> or the pod's service account.</param>
        /// <param name="context">The context; null for the current one.</param>
        /// <returns>The client, which owns its endpoint; the caller disposes it.</returns>
        /// <exception cref="KubeConfigException">Something in the kubeconfig is missing or unusable.</exception>
        public static StreamingClient FromKubeconfig(string? path = null, string? context = null) =>
            FromKubeconfig(new KubeConfigOptions { Path = path, Context = context });

        /// <summary>The same with more that is put in place of what the kubeconfig says.</summary>
        /// <param name="options">Which kubeconfig, and what instead.</param>
        /// <inheritdoc cref="FromKubeconfig(string?, string?)"/>
        public static StreamingClient FromKubeconfig(KubeConfigOptions options)
        {
            KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(options);
            return new StreamingClient(endpoint) { Finder = new TargetResolver(endpoint) };
        }
    }
}
