using System.Text.Json;
using Fairlead.KubeConfig.Api;
using Fairlead.KubeConfig.Targets;

namespace Fairlead.KubeConfig.Tests;

public sealed class PodPortsTests
{
    static readonly Pod s_pod = JsonSerializer.Deserialize("""
        {"metadata":{"name":"web-0"},"spec":{
          "containers":[{"name":"a","ports":[{"name":"http","containerPort":8080},{"containerPort":53,"protocol":"UDP"}]},{"name":"b","ports":[{"name":"admin","containerPort":9000,"protocol":"TCP"}]}],
          "initContainers":[{"name":"side","restartPolicy":"Always","ports":[{"name":"metrics","containerPort":9100}]},{"name":"setup","ports":[{"name":"setup","containerPort":1}]}]}}
        """, ApiJson.Default.Pod)!;

    static readonly PodOwner s_service = Service("10.0.0.1");

    static PodOwner Service(string clusterIP) => JsonSerializer.Deserialize($$"""
        {"metadata":{"name":"web"},"spec":{"clusterIP":"{{clusterIP}}","ports":[
          {"name":"http","port":80,"targetPort":"http"},{"name":"admin","port":81,"targetPort":9000},{"name":"same","port":82},
          {"name":"dns-udp","port":53,"protocol":"UDP"},{"name":"both-udp","port":54,"protocol":"UDP","targetPort":5454},{"name":"both","port":54,"protocol":"TCP","targetPort":5400},
          {"name":"nowhere","port":83,"targetPort":"gone"}] } }
        """, ApiJson.Default.PodOwner)!;

    [Theory]
    [InlineData("8080", 8080)]
    [InlineData("5000", 5000)] // need not be declared
    [InlineData("http", 8080)]
    [InlineData("admin", 9000)]
    [InlineData("metrics", 9100)]
    public void A_pods_port_is_its_own(string port, int expected) => Assert.Equal(new ResolvedPort(expected, expected), new PodPorts(s_pod, null).Find(port));

    [Theory]
    [InlineData("80", 80, 8080)]
    [InlineData("http", 80, 8080)]
    [InlineData("81", 81, 9000)]
    [InlineData("admin", 81, 9000)]
    [InlineData("82", 82, 82)]
    [InlineData("54", 54, 5400)]
    public void A_services_port_leads_where_the_service_says(string port, int asked, int target) =>
        Assert.Equal(new ResolvedPort(asked, target), new PodPorts(s_pod, s_service).Find(port));

    [Theory]
    [InlineData("80", 80)]
    [InlineData("http", 80)]
    public void A_headless_service_translates_nothing(string port, int expected) =>
        Assert.Equal(new ResolvedPort(expected, expected), new PodPorts(s_pod, Service("None")).Find(port));

    [Theory]
    [InlineData(false, "https", "pod web-0 has no port named https; there are http (8080), admin (9000), metrics (9100)")]
    [InlineData(false, "setup", "pod web-0 has no port named setup; there are http (8080), admin (9000), metrics (9100)")]
    [InlineData(false, "53", "UDP protocol is not supported for 53")]
    [InlineData(true, "8080", "service web has no port 8080; there are http (80), admin (81), same (82), dns-udp (53), both-udp (54), both (54), nowhere (83)")]
    [InlineData(true, "53", "UDP protocol is not supported for 53")]
    [InlineData(true, "dns-udp", "UDP protocol is not supported for dns-udp")]
    [InlineData(true, "83", "pod web-0 has no port named gone; there are http (8080), admin (9000), metrics (9100)")]
    public void A_port_that_is_not_there_is_refused_with_those_that_are(bool ofService, string port, string expected) =>
        Assert.Equal(expected, Assert.Throws<TargetException>(() => new PodPorts(s_pod, ofService ? s_service : null).Find(port)).Message);
}
