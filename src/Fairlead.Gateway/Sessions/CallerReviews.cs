using Fairlead.Gateway.Callers;
using Fairlead.Streaming.Relays;
using Fairlead.Upgrades.Requests;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Sessions;

/// <summary>
/// Asks about a running session's caller again and again. An explicit no is one at once. That nobody can be asked is none: the session goes
/// on for a grace, in which the question is repeated, and ends by that name when the grace is over.
/// </summary>
/// <remarks>For one loop: <see cref="Look"/> never waits, so that other limits go on while a question is under way.</remarks>
sealed class CallerReviews(
    Func<CancellationToken, Task<CreateAnswer>> ask, TimeSpan every, TimeSpan grace, TimeProvider time, ILogger logger,
    CancellationToken over)
{
    /// <summary>How long a question may take, whoever should answer it or provide credentials for it.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>How often a question is repeated within the grace.</summary>
    const int Tries = 10;

    /// <summary>How long it is at most from one question that failed to the next.</summary>
    internal static TimeSpan LongestPause(TimeSpan grace) => grace / Tries > s_patience ? grace / Tries : s_patience;

    long _asked = time.GetTimestamp();
    long? _awaySince;

    /// <summary>The question that is under way; null for none.</summary>
    internal Task<bool?>? Asking { get; private set; }

    /// <summary>When there will be something to look at, unless a question is answered before.</summary>
    internal TimeSpan Next
    {
        get
        {
            if (Asking is not null) return GraceLeft;
            TimeSpan again = Pause - time.GetElapsedTime(_asked);
            return again < GraceLeft ? again : GraceLeft;
        }
    }

    /// <summary>Takes an answer that has come, and asks where it is time to.</summary>
    /// <returns>Why the session has to end; null where it goes on.</returns>
    internal Status? Look()
    {
        if (Asking is { IsCompleted: true } answered)
        {
            Asking = null;
#pragma warning disable VSTHRD002 // it has ended: nothing is waited for
            bool? allowed = answered.Result;
#pragma warning restore VSTHRD002
            if (allowed is false) return SessionEndings.NoLongerAllowed;
            _awaySince = allowed is true ? null : _awaySince ?? _asked;
        }

        if (GraceLeft <= TimeSpan.Zero) return SessionEndings.CouldNotBeAsked(grace);
        if (Asking is null && time.GetElapsedTime(_asked) >= Pause)
        {
            _asked = time.GetTimestamp();
            Asking = AskAsync();
        }

        return null;
    }

    TimeSpan Pause => _awaySince is null || every < grace / Tries ? every : grace / Tries;

    TimeSpan GraceLeft => _awaySince is { } since ? grace - time.GetElapsedTime(since) : TimeSpan.MaxValue;

    /// <returns>Null where nobody could be asked, whatever the cause.</returns>
    async Task<bool?> AskAsync()
    {
        await Task.Yield(); // a question that blocks is not the limits' business
        try
        {
            return await ask(over).WaitAsync(s_patience, time, over) switch
            {
                CreateAnswer.Allowed => true,
                CreateAnswer.Refused => false,
                _ => null,
            };
        }
#pragma warning disable CA1031 // credentials come from plugins and files: whatever fails there says nothing about the caller
        catch (Exception e)
#pragma warning restore CA1031
        {
            string why = e is TimeoutException
                ? $"neither credentials nor an answer came within {s_patience.TotalSeconds:0} s"
                : RequestFault.Describe(e);
            if (!over.IsCancellationRequested) Log.ReviewFailed(logger, e, "a running session's caller", why);
            return null;
        }
    }
}
