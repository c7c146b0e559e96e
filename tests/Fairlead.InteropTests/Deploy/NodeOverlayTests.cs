using k8s.Models;

namespace Fairlead.InteropTests.Deploy;

/// <summary>
/// The DaemonSets that change nodes, for a front and for a CRI proxy, are whole, do nothing unasked, and ask for what they need and no more: all of it
/// is written down for who applies one.
/// </summary>
public sealed class NodeOverlayTests
{
    public static TheoryData<string> Names { get; } = ["node", "node-remove", "cri-proxy", "cri-proxy-remove"];

    [Theory, MemberData(nameof(Names))]
    public async Task Old_and_new_kubectls_make_the_same_of_it(string name) =>
        Assert.Equal(await Overlay.RenderAsync(name), await Overlay.RenderAsync(name, Peer.KubectlNewest));

    [Theory, MemberData(nameof(Names))]
    public async Task Every_name_leads_to_something(string name)
    {
        Overlay overlay = await Overlay.LoadAsync(name);
        V1DaemonSet set = overlay.Of<V1DaemonSet>().Single();
        string @namespace = overlay.Of<V1Namespace>().Single().Metadata.Name;
        V1ServiceAccount account = overlay.Of<V1ServiceAccount>().Single();
        Assert.All([set.Metadata, account.Metadata], metadata => Assert.Equal(@namespace, metadata.NamespaceProperty));
        Assert.Equal(account.Metadata.Name, set.Spec.Template.Spec.ServiceAccountName);
        Assert.Equal(set.Spec.Selector.MatchLabels, set.Spec.Template.Metadata.Labels);
        if (!IsFront(name))
        {
            Assert.Equal(3, overlay.Objects.Count); // bound to nothing
            return;
        }

        V1ClusterRoleBinding binding = overlay.Of<V1ClusterRoleBinding>().Single();
        Assert.Equal(("ClusterRole", "system:kubelet-api-admin"), (binding.RoleRef.Kind, binding.RoleRef.Name)); // a cluster's own
        Rbacv1Subject subject = Assert.Single(binding.Subjects);
        Assert.Equal(("ServiceAccount", account.Metadata.Name, @namespace), (subject.Kind, subject.Name, subject.NamespaceProperty));
        Assert.Equal(4, overlay.Objects.Count); // and there is nothing else
    }

    static bool IsFront(string name) => name.StartsWith("node", StringComparison.Ordinal);

    [Theory, MemberData(nameof(Names))]
    public async Task Nothing_happens_to_a_node_that_nobody_has_labelled_and_all_that_happens_is_written_down(string name)
    {
        Overlay overlay = await Overlay.LoadAsync(name);
        V1PodSpec pod = overlay.Of<V1DaemonSet>().Single().Spec.Template.Spec;
        string label = IsFront(name) ? "fairlead-front" : "fairlead-cri-proxy";
        Assert.Equal("enabled", pod.NodeSelector[label]);
        string instructions = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/install.md"), TestContext.Current.CancellationToken);
        foreach (string said in (string[])[label + "=enabled", "deploy/kustomize/" + name, "privileged", .. IsFront(name)
            ? new[] { "hostNetwork", "system:kubelet-api-admin", "/usr/local/bin/fairlead-node", "/etc/fairlead/token" }
            : ["unix:///run/fairlead/cri.sock", "/usr/local/bin/fairlead-cri-proxy", "containerRuntimeEndpoint"]])
            Assert.Contains(said, instructions, StringComparison.Ordinal);
        foreach (string? path in pod.Volumes.Select(static volume => volume.HostPath?.Path).Where(static path => path is not null))
            Assert.Contains($"`{path}`", instructions, StringComparison.Ordinal);

        // what a privileged pod may have, and has not
        Assert.Equal((IsFront(name) ? true : null, null, null, null), (pod.HostNetwork, pod.HostPID, pod.HostIPC, pod.ShareProcessNamespace));
        Assert.Equal(["/"], pod.Volumes.Where(static volume => volume.HostPath is not null).Select(static volume => volume.HostPath.Path));
        Assert.All(pod.Volumes, static volume => Assert.True(volume.HostPath is not null || volume.Projected?.Sources is [{ ServiceAccountToken: not null }]));
        V1Container container = pod.Containers.Single();
        Assert.True(container.SecurityContext.Privileged == true && container.SecurityContext.ReadOnlyRootFilesystem == true);
        Assert.Null(pod.InitContainers);
        Assert.Null(container.Ports); // a port of a pod on the node's network would keep its successor away
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_new_pod_has_taken_over_before_the_old_one_goes(string name)
    {
        V1DaemonSet set = (await Overlay.LoadAsync(name)).Of<V1DaemonSet>().Single();
        Assert.Equal(("1", "0"), (set.Spec.UpdateStrategy.RollingUpdate.MaxSurge.Value, set.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable.Value));
        Assert.True(set.Spec.MinReadySeconds > 15); // for so long a front goes on with the token that it has read
        V1PodSpec pod = set.Spec.Template.Spec;
        Assert.True(pod.TerminationGracePeriodSeconds >= 60);
        V1Container container = pod.Containers.Single();
        string[] probe = [.. container.ReadinessProbe.Exec.Command];
        Assert.Equal("/usr/bin/fairlead", probe[0]); // the image's entry point, which a probe does not go through
        Assert.Equal([IsFront(name) ? "node" : "cri-proxy", "stay", "--root=/host", "--check"], probe[1..5]);
        Assert.Equal(probe[1..4], container.Args.Take(3));
        Assert.Equal(container.Args.Contains("--remove"), probe.Contains("--remove"));
        Assert.DoesNotContain(probe, static word => word.Contains("$(", StringComparison.Ordinal)); // only a value that stands in the manifest would be put in
        Assert.Contains(container.Env, static variable => variable is { Name: "FAIRLEAD_HOLDER", ValueFrom.FieldRef.FieldPath: "metadata.name" });
    }
}
