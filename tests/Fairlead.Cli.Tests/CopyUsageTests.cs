using Fairlead.Cli.Copies;
using Fairlead.Cli.Usage;

namespace Fairlead.Cli.Tests;

public sealed class CopyUsageTests
{
    [Theory]
    [InlineData("web-0:/a", null, "web-0", "/a")]
    [InlineData("shop/web-0:a:b", "shop", "web-0", "a:b")]
    [InlineData("./a:b", null, null, "./a:b")]
    [InlineData("/a:b", null, null, "/a:b")]
    [InlineData("file", null, null, "file")]
    public void A_place_is_read_as_kubectl_reads_it(string text, string? @namespace, string? pod, string path) =>
        Assert.Equal(new CopyPlace(@namespace, pod, path), CopyPlace.Parse(text));

    [Theory]
    [InlineData(@"C:\x")]
    [InlineData("C:/x")]
    [InlineData("c:/x")]
    [InlineData("C:x")]
    [InlineData("C:")]
    [InlineData(@"\\server\share\x")]
    [InlineData(@".\a:b")]
    [Trait("Case", "A11")]
    public void A_drive_or_a_share_is_local_on_Windows(string text) => Assert.Equal(new CopyPlace(null, null, text), CopyPlace.Parse(text, isWindows: true));

    [Theory]
    [InlineData("web-0:C:/x", "web-0", "C:/x")]
    [InlineData("c:x", "c", "x")]
    [Trait("Case", "A11")]
    public void A_pod_is_one_on_Windows_too(string text, string pod, string path) => Assert.Equal(new CopyPlace(null, pod, path), CopyPlace.Parse(text, isWindows: true));

    [Theory]
    [InlineData(":/a")]
    [InlineData("a/b/c:/d")]
    [InlineData("web-0:")]
    [InlineData("")]
    public void A_place_that_cannot_be_meant_is_refused(string text) => Assert.Throws<UsageException>(() => CopyPlace.Parse(text));

    [Theory]
    [InlineData("cp", "error: source and destination are required\nSee 'fairlead cp --help' for help and examples\n")]
    [InlineData("cp a b", "error: one of src or dest must be in a pod: [NAMESPACE/]POD:PATH\nSee 'fairlead cp --help' for help and examples\n")]
    [InlineData("cp a b:c -o yaml", "error: --output must be json, not \"yaml\"\nSee 'fairlead cp --help' for help and examples\n")]
    [InlineData("cp --bogus a b:c", "error: unknown flag: --bogus\nSee 'fairlead cp --help' for help and examples\n")]
    [InlineData("cp --kubeconfig /none/config a b:c", "error: the kubeconfig /none/config does not exist\n")]
    public async Task A_line_that_cannot_be_meant_is_refused_with_code_1(string line, string expected)
    {
        CommandLines.Result result = await CommandLines.RunAsync(line.Split(' '));
        Assert.Equal((1, "", expected), (result.ExitCode, result.Output, result.Error));
    }
}
