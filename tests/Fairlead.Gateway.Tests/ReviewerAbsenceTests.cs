using Fairlead.Gateway.Operations;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>How long the reviewer has been away is told while somebody asks, and not after the last who asked has gone.</summary>
[Trait("Case", "C4")]
public sealed class ReviewerAbsenceTests
{
    readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_grows_while_questions_fail_and_is_nothing_when_nobody_asks_any_more(bool isImpersonated)
    {
        ReviewerAbsences absences = new(_time, TimeSpan.FromMinutes(1));
        for (int i = 0; i < 10; i++)
        {
            absences.Of(isImpersonated).Note(isAnswered: false);
            Assert.Equal(30 * i, absences.Of(isImpersonated).Length.TotalSeconds);
            Assert.Equal(TimeSpan.Zero, absences.Of(!isImpersonated).Length);
            _time.Advance(TimeSpan.FromSeconds(30));
        }

        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(330, absences.Of(isImpersonated).Length.TotalSeconds);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, absences.Of(isImpersonated).Length);
        _time.Advance(TimeSpan.FromHours(5));
        absences.Of(isImpersonated).Note(isAnswered: false); // the hours in which nobody asked were no absence that anybody knows of
        Assert.Equal(TimeSpan.Zero, absences.Of(isImpersonated).Length);
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(7, absences.Of(isImpersonated).Length.TotalSeconds);
        absences.Of(isImpersonated).Note(isAnswered: true);
        Assert.Equal(TimeSpan.Zero, absences.Of(isImpersonated).Length);
    }
}
