using System.Text.Json.Nodes;
using Fairlead.Server.Answers;
using Fairlead.Server.PodsApi.Objects;

namespace Fairlead.Server.Tests;

public class SelectorTests
{
    static readonly JsonObject s_labels = JsonNode.Parse("""{"app":"web","tier":"","kubernetes.io/name":"x"}""")!.AsObject();

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData(" app = web , tier= ", true)]
    [InlineData("app=api", false)]
    [InlineData("app!=api", true)]
    [InlineData("app!=web", false)]
    [InlineData("absent!=web", true)]
    [InlineData("app", true)]
    [InlineData("absent", false)]
    [InlineData("!absent", true)]
    [InlineData("!app", false)]
    [InlineData("app in (api, web)", true)]
    [InlineData("app in (api,db),tier", false)]
    [InlineData("app notin (api,db),kubernetes.io/name=x", true)]
    [InlineData("absent notin (a)", true)]
    [InlineData("app notin (web)", false)]
    public void LabelsMatch(string selector, bool matches) =>
        Assert.Equal(matches, LabelRequirement.Parse(selector).All(requirement => requirement.Matches(s_labels)));

    [Theory]
    [InlineData("=web")]
    [InlineData("app in web")]
    [InlineData("app on (web)")]
    [InlineData("app in (web")]
    [InlineData("app=we b")]
    [InlineData("a,,b")]
    public void UnreadableSelectorIsRefused(string selector) =>
        Assert.Equal(400, Assert.Throws<ApiRefusal>(() => LabelRequirement.Parse(selector)).Status.Code);

    [Fact]
    public void NothingMatchesALabelWhereThereAreNone() =>
        Assert.False(LabelRequirement.Parse("app").Single().Matches(null));

    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(187, "3m7s")]
    [InlineData(180, "3m")]
    [InlineData(3600 * 2, "120m")]
    [InlineData((3600 * 5) + 60, "5h1m")]
    [InlineData(3600 * 30, "30h")]
    [InlineData((86400 * 5) + (3600 * 4), "5d4h")]
    [InlineData(86400 * 400, "400d")]
    [InlineData(86400 * (365 + 365 + 9), "2y9d")]
    [InlineData(86400L * 365 * 9, "9y")]
    public void AgesReadAsInKubernetes(long seconds, string text)
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddYears(50);
        Assert.Equal(text, Age.Of(now.AddSeconds(-seconds), now));
    }
}
