using Fairlead.Client;
using Fairlead.KubeConfig.Targets;
using Fairlead.Upgrades.Endpoints;

namespace Fairlead.KubeConfig;

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
        public static StreamingClient FromKubeconfig(string? path = null, string? context = null)
        {
            KubernetesEndpoint endpoint = KubeConfigEndpoint.Load(new KubeConfigOptions { Path = path, Context = context });
            TargetResolver targets = new(endpoint);
            return new StreamingClient(endpoint)
            {
                DefaultContainer = async (pod, token) =>
                    (await targets.ResolveAsync(pod.Name, TargetVerb.Exec, pod.Namespace, cancellationToken: token)).Pod.Container!,
            };
        }
    }
}
