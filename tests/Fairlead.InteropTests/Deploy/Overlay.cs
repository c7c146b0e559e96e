using k8s;
using k8s.Models;

namespace Fairlead.InteropTests.Deploy;

/// <summary>What a real kubectl makes of one folder of <c>deploy/kustomize</c>, read strictly: a field that its kind has not is an error.</summary>
sealed class Overlay
{
    static readonly string s_root = Path.Combine(Repository.Root, "deploy/kustomize");

    static readonly Dictionary<string, Type> s_kinds = new()
    {
        ["v1/ConfigMap"] = typeof(V1ConfigMap),
        ["v1/Namespace"] = typeof(V1Namespace),
        ["v1/Service"] = typeof(V1Service),
        ["v1/ServiceAccount"] = typeof(V1ServiceAccount),
        ["apps/v1/Deployment"] = typeof(V1Deployment),
        ["apps/v1/DaemonSet"] = typeof(V1DaemonSet),
        ["autoscaling/v2/HorizontalPodAutoscaler"] = typeof(V2HorizontalPodAutoscaler),
        ["networking.k8s.io/v1/NetworkPolicy"] = typeof(V1NetworkPolicy),
        ["policy/v1/PodDisruptionBudget"] = typeof(V1PodDisruptionBudget),
        ["rbac.authorization.k8s.io/v1/ClusterRole"] = typeof(V1ClusterRole),
        ["rbac.authorization.k8s.io/v1/ClusterRoleBinding"] = typeof(V1ClusterRoleBinding),
        ["scheduling.k8s.io/v1/PriorityClass"] = typeof(V1PriorityClass),
        ["monitoring.coreos.com/v1/ServiceMonitor"] = typeof(ServiceMonitor),
        ["cert-manager.io/v1/Certificate"] = typeof(ManagedCertificate),
    };

    Overlay(IReadOnlyList<object> objects) => Objects = objects;

    /// <summary>Those of the gateway, by their paths: what somebody would apply.</summary>
    public static TheoryData<string> Names { get; } =
        [.. new[] { "gateway" }.Concat(Directory.GetDirectories(Path.Combine(s_root, "overlays")).Select(static folder => "overlays/" + Path.GetFileName(folder))).Order()];

    /// <summary>The objects, in the order in which they would be applied.</summary>
    public IReadOnlyList<object> Objects { get; }

    public V1Deployment Deployment => Of<V1Deployment>().Single();

    public V1PodSpec Pod => Deployment.Spec.Template.Spec;

    public V1Container Container => Pod.Containers.Single();

    /// <summary>Renders it; skips the test where there is no such kubectl.</summary>
    public static async Task<string> RenderAsync(string name, string kubectl = Peer.KubectlStable)
    {
        CommandLineClient client = Clients.Require(kubectl);
        RunResult rendered = await RunningProcess.RunAsync(client.Program, ["kustomize", Path.Combine(s_root, name)], cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(rendered.ExitCode == 0, rendered.ToString());
        Assert.Equal("", rendered.Stderr); // it warns there of what is deprecated
        return rendered.Stdout;
    }

    public static async Task<Overlay> LoadAsync(string name) => Read(await RenderAsync(name));

    /// <exception cref="YamlDotNet.Core.YamlException">A field is unknown, or a kind.</exception>
    public static Overlay Read(string text) => new(KubernetesYaml.LoadAllFromString(text, s_kinds, strict: true));

    public IEnumerable<T> Of<T>() => Objects.OfType<T>();

    /// <summary>The value of an option of the container's.</summary>
    public string? Argument(string option) => Container.Args.SingleOrDefault(argument => argument.StartsWith(option + "=", StringComparison.Ordinal))?[(option.Length + 1)..];
}
