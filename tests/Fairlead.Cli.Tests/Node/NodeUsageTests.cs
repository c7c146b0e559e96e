namespace Fairlead.Cli.Tests.Node;

/// <summary>Lines of <c>fairlead node</c> that contradict themselves, or leave out what they need: refused before anything is opened.</summary>
public sealed class NodeUsageTests
{
    const string Cri = "--cri unix:///run/fairlead-nobody/cri.sock", Kubelet = Cri + " --kubelet https://127.0.0.1:10250",
        Credential = "--kubelet-client-cert front.crt --kubelet-client-key front.key";

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "which runtime? Name its socket: --cri unix:///run/containerd/containerd.sock")]
    [InlineData("--cri tcp://127.0.0.1:1 --client-ca ca.crt", "--cri: ")]
    [InlineData(Cri, "nobody could use this node: add --client-ca, --token-file or --write-kubeconfig")]
    [InlineData(Cri + " --tls-cert a.crt", "--tls-cert and --tls-key belong together")]
    [InlineData(Cri + " --tls-key a.key", "--tls-cert and --tls-key belong together")]
    [InlineData(Cri + " --kubelet-ca ca.crt", "--kubelet-ca needs --kubelet or --config")]
    [InlineData(Cri + " --kubelet-client-cert a.crt", "--kubelet-client-cert needs --kubelet or --config")]
    [InlineData(Cri + " --kubelet-client-key a.key", "--kubelet-client-key needs --kubelet or --config")]
    [InlineData(Cri + " --kubelet-token-file token", "--kubelet-token-file needs --kubelet or --config")]
    [InlineData(Cri + " --node-name node-1", "--node-name needs --kubelet or --config")]
    [InlineData(Cri + " --config-dir /etc/kubelet.d", "--config-dir needs --config")]
    [InlineData("--config /run/fairlead-nobody/config.yaml", "--config: /run/fairlead-nobody/config.yaml: there is no such file")]
    [InlineData("--config /etc/passwd", "--config: /etc/passwd: ")]
    [InlineData(Cri + " --kubelet http://127.0.0.1:10250 " + Credential, "--kubelet: \"http://127.0.0.1:10250\" is no address of a kubelet: write https://127.0.0.1:10250")]
    [InlineData(Cri + " --kubelet 127.0.0.1:10250 " + Credential, "--kubelet: \"127.0.0.1:10250\" is no address of a kubelet: write https://127.0.0.1:10250")]
    [InlineData(Cri + " --kubelet https://127.0.0.1:10250/pods " + Credential, "--kubelet: \"https://127.0.0.1:10250/pods\" is no address of a kubelet: write https://127.0.0.1:10250")]
    [InlineData(Cri + " --kubelet https://me@127.0.0.1:10250 " + Credential, "--kubelet: \"https://me@127.0.0.1:10250\" is no address of a kubelet: write https://127.0.0.1:10250")]
    [InlineData(Kubelet + " --client-ca ca.crt --kubelet-client-cert front.crt", "--kubelet-client-cert and --kubelet-client-key belong together")]
    [InlineData(Kubelet + " --client-ca ca.crt --kubelet-client-key front.key", "--kubelet-client-cert and --kubelet-client-key belong together")]
    [InlineData(Kubelet + " --client-ca ca.crt --kubelet-token-file token " + Credential, "--kubelet-client-cert and --kubelet-token-file are two ways to the same: name one")]
    [InlineData(Kubelet + " --token-file users.csv " + Credential, "--kubelet knows its callers by certificates and by the cluster's tokens: leave --token-file and --write-kubeconfig out")]
    [InlineData(Kubelet + " --write-kubeconfig node.kubeconfig " + Credential, "--kubelet knows its callers by certificates and by the cluster's tokens: leave --token-file and --write-kubeconfig out")]
    [InlineData(Kubelet + " " + Credential, "nobody could use this node: add --client-ca, or --authorization-kubeconfig for tokens")]
    [InlineData(Kubelet + " --client-ca ca.crt", "callers with certificates are judged here, and the kubelet believes only a credential of this front's: add --kubelet-client-cert and --kubelet-client-key, or --kubelet-token-file")]
    [InlineData(Kubelet + " --authorization-kubeconfig /run/fairlead-nobody/kubelet.conf " + Credential, "--authorization-kubeconfig /run/fairlead-nobody/kubelet.conf: the kubeconfig /run/fairlead-nobody/kubelet.conf does not exist")]
    [InlineData(Kubelet + " --client-ca /run/fairlead-nobody/ca.crt " + Credential, "/run/fairlead-nobody/ca.crt cannot be read")]
    [InlineData(Cri + " --listen nowhere", "--listen takes ADDRESS:PORT, for example 127.0.0.1:8443, not \"nowhere\"", "--client-ca ca.crt")]
    [InlineData(Cri + " --health-port 65536", "--health-port is a number from 0 to 65535")]
    [InlineData(Cri + " --health-port=-1", "--health-port is a number from 0 to 65535")]
    [InlineData(Cri + " --health-port all", "--health-port takes a number, not \"all\"")]
    [InlineData("check --kubelet-client-cert a.crt", "--kubelet-client-cert and --kubelet-client-key belong together")]
    [InlineData("check --kubelet-client-key a.key", "--kubelet-client-cert and --kubelet-client-key belong together")]
    [InlineData("check --kubelet-token-file token " + Credential, "--kubelet-token-file stands for --kubelet-client-cert: give one of them")]
    [InlineData("check -o yaml " + Credential, "--output must be json, not \"yaml\"")]
    [InlineData("check --health-port 0 " + Credential, "--health-port: name the port, since who asks there has to know it")]
    [InlineData("check --authorization-kubeconfig /run/fairlead-nobody/kubelet.conf " + Credential, "--authorization-kubeconfig /run/fairlead-nobody/kubelet.conf: the kubeconfig /run/fairlead-nobody/kubelet.conf does not exist")]
    [InlineData("install --authorization-kubeconfig x", "the front needs a credential of its own for the kubelet: --kubelet-client-cert and --kubelet-client-key, or --kubelet-token-file")]
    [InlineData("install --root /run/fairlead-nobody --node-name n " + Credential, "no kubelet runs here whose kubeconfig could be taken: name one by --authorization-kubeconfig")]
    [InlineData("install --root /run/fairlead-nobody --node-name n --authorization-kubeconfig /k " + Credential, "/var/lib/kubelet/config.yaml: there is no such file")]
    public async Task A_line_that_cannot_be_meant_is_refused_with_code_1(string options, string told, string more = "")
    {
        CommandProcess.Result result = await CommandProcess.RunAsync("/dev/null", $"fairlead node {options} {more}", Ct);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        string[] lines = [.. result.Error.Split('\n').SkipWhile(static line => line.Contains("Z error Fairlead.Cli: ", StringComparison.Ordinal))]; // a verb that serves logs
        Assert.StartsWith("error: " + told, lines[0], StringComparison.Ordinal);
        Assert.StartsWith("See 'fairlead node", lines[1], StringComparison.Ordinal);
    }
}
