using System.Text.RegularExpressions;
using Fairlead.Wire;
using k8s.Models;

namespace Fairlead.InteropTests.Deploy;

/// <summary>Every overlay is whole: kubectl renders it, each kind has the fields, names lead somewhere, and numbers that belong together agree.</summary>
public sealed partial class OverlayTests
{
    /// <summary>What an operator makes by hand, or the cluster by itself: docs/install.md says how.</summary>
    static readonly string[] s_given = ["Secret/fairlead-gateway-tls", "Secret/fairlead-gateway-client-ca", "ConfigMap/kube-root-ca.crt"];

    public static TheoryData<string> Names => Overlay.Names;

    [Theory, MemberData(nameof(Names))]
    public async Task Old_and_new_kubectls_make_the_same_of_it(string name) =>
        Assert.Equal(await Overlay.RenderAsync(name), await Overlay.RenderAsync(name, Peer.KubectlNewest));

    [Fact]
    public async Task A_field_that_does_not_exist_is_seen()
    {
        string text = await Overlay.RenderAsync("gateway");
        Assert.ThrowsAny<Exception>(() => Overlay.Read(text.Replace("readOnlyRootFilesystem:", "readonlyRootFilesystem:", StringComparison.Ordinal)));
        Assert.ThrowsAny<Exception>(() => Overlay.Read(text.Replace("kind: PodDisruptionBudget", "kind: PodDisruptionBudgets", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Every_name_leads_to_something(string name)
    {
        Overlay overlay = await Overlay.LoadAsync(name);
        HashSet<string> there = [.. overlay.Objects.Select(NameOf), .. s_given];
        there.UnionWith(overlay.Of<ManagedCertificate>().Select(static each => "Secret/" + each.Spec!.SecretName));
        V1PodSpec pod = overlay.Pod;
        List<string?> wanted = ["ServiceAccount/" + pod.ServiceAccountName, "PriorityClass/" + pod.PriorityClassName];
        wanted.AddRange(pod.Volumes.Where(static each => each.Secret is not null).Select(static each => "Secret/" + each.Secret.SecretName));
        wanted.AddRange(pod.Volumes.Where(static each => each.ConfigMap is not null).Select(static each => "ConfigMap/" + each.ConfigMap.Name));
        wanted.AddRange(overlay.Of<V2HorizontalPodAutoscaler>().Select(static each => $"{each.Spec.ScaleTargetRef.Kind}/{each.Spec.ScaleTargetRef.Name}"));
        wanted.AddRange(overlay.Of<V1ClusterRoleBinding>().SelectMany(static each => each.Subjects.Select(static subject => $"{subject.Kind}/{subject.Name}").Append($"{each.RoleRef.Kind}/{each.RoleRef.Name}")));
        Assert.Empty(wanted.Except(there));
        Assert.Equal(pod.Volumes.Select(static each => each.Name).Order(), overlay.Container.VolumeMounts.Select(static each => each.Name).Order());

        IDictionary<string, string> labels = overlay.Deployment.Spec.Template.Metadata.Labels;
        Assert.All(
            overlay.Of<V1Service>().Select(static each => each.Spec.Selector)
                .Concat(overlay.Of<V1PodDisruptionBudget>().Select(static each => each.Spec.Selector.MatchLabels))
                .Concat(overlay.Of<V1NetworkPolicy>().Select(static each => each.Spec.PodSelector.MatchLabels))
                .Concat(pod.TopologySpreadConstraints.Select(static each => each.LabelSelector.MatchLabels))
                .Append(overlay.Deployment.Spec.Selector.MatchLabels),
            selector => Assert.Subset(labels.ToHashSet(), selector.ToHashSet()));
        foreach (ServiceMonitor monitor in overlay.Of<ServiceMonitor>())
        {
            V1Service service = Assert.Single(overlay.Of<V1Service>(), each => monitor.Spec!.Selector!.MatchLabels.All(each.Metadata.Labels.Contains));
            Assert.All(monitor.Spec!.Endpoints!, endpoint => Assert.Contains(service.Spec.Ports, port => port.Name == endpoint.Port));
        }

        // everything is in the one namespace that is made here
        string @namespace = overlay.Of<V1Namespace>().Single().Metadata.Name;
        Assert.All(
            overlay.Objects.Where(static each => each is not (V1Namespace or V1PriorityClass or V1ClusterRole or V1ClusterRoleBinding)).Select(MetadataOf),
            metadata => Assert.Equal(@namespace, metadata.NamespaceProperty));
        Assert.All(overlay.Of<V1ClusterRoleBinding>().SelectMany(static each => each.Subjects), subject => Assert.Equal(@namespace, subject.NamespaceProperty));
        Assert.All(overlay.Of<ManagedCertificate>(), each => Assert.Contains(each.Spec!.DnsNames!, dns => dns == $"{overlay.Of<V1Service>().First().Metadata.Name}.{@namespace}.svc"));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Ports_agree(string name)
    {
        Overlay overlay = await Overlay.LoadAsync(name);
        Dictionary<string, int> ports = overlay.Container.Ports.ToDictionary(static port => port.Name, static port => port.ContainerPort);
        Assert.Equal(new Dictionary<string, int> { ["https"] = PortOf(overlay.Argument("--listen")), ["operations"] = PortOf(overlay.Argument("--operations")) }, ports);
        IEnumerable<string> named =
        [
            .. overlay.Of<V1Service>().SelectMany(static each => each.Spec.Ports).Select(static port => port.TargetPort.Value),
            .. overlay.Of<V1NetworkPolicy>().SelectMany(static each => each.Spec.Ingress).SelectMany(static rule => rule.Ports).Select(static port => port.Port.Value),
            .. new[] { overlay.Container.StartupProbe, overlay.Container.LivenessProbe, overlay.Container.ReadinessProbe }.Select(static probe => probe.HttpGet.Port.Value),
        ];
        Assert.All(named, port => Assert.Contains(port, ports.Keys));

        static int PortOf(string? address) => System.Net.IPEndPoint.Parse(address!).Port;
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Whoever_ends_has_the_time_to(string name)
    {
        Overlay overlay = await Overlay.LoadAsync(name);
        TimeSpan lameDuck = Duration(overlay, "--lame-duck"), drain = Duration(overlay, "--drain");
        double grace = overlay.Pod.TerminationGracePeriodSeconds!.Value;
        Assert.Equal(10, grace - lameDuck.TotalSeconds - drain.TotalSeconds); // for last words, and for the process itself
        V1Probe readiness = overlay.Container.ReadinessProbe;
        Assert.True(lameDuck.TotalSeconds > (readiness.PeriodSeconds!.Value * readiness.FailureThreshold!.Value) + readiness.TimeoutSeconds!.Value);
        V2HorizontalPodAutoscaler scaler = overlay.Of<V2HorizontalPodAutoscaler>().Single();
        Assert.True(scaler.Spec.MinReplicas >= 2 && overlay.Deployment.Spec.Replicas is null); // the number is the autoscaler's alone
        Assert.Equal("0", overlay.Deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value);
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_pod_asks_for_no_right_that_it_does_not_need(string name)
    {
        Overlay overlay = await Overlay.LoadAsync(name);
        Assert.Equal("restricted", overlay.Of<V1Namespace>().Single().Metadata.Labels["pod-security.kubernetes.io/enforce"]);
        V1PodSpec pod = overlay.Pod;
        Assert.False(pod.AutomountServiceAccountToken);
        Assert.True(pod.HostNetwork is null && pod.HostPID is null && pod.HostIPC is null && pod.InitContainers is null);
        Assert.True(pod.SecurityContext.RunAsNonRoot == true && pod.SecurityContext.RunAsUser > 0 && pod.SecurityContext.SeccompProfile.Type == "RuntimeDefault");
        V1SecurityContext own = overlay.Container.SecurityContext;
        Assert.True(own.AllowPrivilegeEscalation == false && own.ReadOnlyRootFilesystem == true && own.Privileged is null && own.RunAsUser is null);
        Assert.True(own.Capabilities.Drop is ["ALL"] && own.Capabilities.Add is null);
        Assert.All(pod.Volumes, static volume => Assert.True(volume.Secret is not null || volume.ConfigMap is not null || volume.Projected is not null));
        Assert.All(overlay.Container.VolumeMounts, static mount => Assert.True(mount.ReadOnlyProperty));
        Assert.All(overlay.Of<V1ClusterRole>().SelectMany(static role => role.Rules), static rule => Assert.NotEmpty(rule.ResourceNames));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task The_image_is_the_one_that_this_tree_makes(string name)
    {
        string version = VersionElement().Match(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "Directory.Build.props"), TestContext.Current.CancellationToken)).Groups[1].Value;
        Assert.Equal($"localhost/fairlead:{version}", (await Overlay.LoadAsync(name)).Container.Image);
    }

    [Fact]
    public async Task What_an_operator_makes_by_hand_is_in_the_instructions()
    {
        string instructions = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/install.md"), TestContext.Current.CancellationToken);
        Assert.All(s_given.Where(static each => each.StartsWith("Secret/", StringComparison.Ordinal)), each => Assert.Contains(each.Split('/')[1], instructions, StringComparison.Ordinal));
        Assert.All(Overlay.Names.Select(static row => row.Data), each => Assert.Contains("deploy/kustomize/" + each, instructions, StringComparison.Ordinal));
    }

    static TimeSpan Duration(Overlay overlay, string option)
    {
        Assert.True(GoDuration.TryParse(overlay.Argument(option) ?? "", out TimeSpan duration), option);
        return duration;
    }

    static string NameOf(object each) => each switch
    {
        k8s.IKubernetesObject<V1ObjectMeta> known => $"{known.Kind}/{known.Metadata.Name}",
        ServiceMonitor monitor => "ServiceMonitor/" + monitor.Metadata!.Name,
        ManagedCertificate certificate => "Certificate/" + certificate.Metadata!.Name,
        _ => throw new ArgumentException($"{each.GetType()} has no name here"),
    };

    static V1ObjectMeta MetadataOf(object each) => each switch
    {
        k8s.IKubernetesObject<V1ObjectMeta> known => known.Metadata,
        ServiceMonitor monitor => monitor.Metadata!,
        ManagedCertificate certificate => certificate.Metadata!,
        _ => throw new ArgumentException($"{each.GetType()} has no metadata here"),
    };

    [GeneratedRegex("<Version>(.*)</Version>")]
    private static partial Regex VersionElement();
}
