using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Fairlead.Client.Sessions;

/// <summary>The lines of two outputs as one sequence, in the order in which they come. Neither holds up the other.</summary>
static class OutputLines
{
    /// <param name="output">The standard output; null for none.</param>
    /// <param name="error">The error output; null for none.</param>
    /// <param name="mostBytes">The longest line.</param>
    /// <param name="cancellationToken">Ends the wait for a line.</param>
    internal static async IAsyncEnumerable<(bool IsError, string Line)> MergeAsync(
        PipeReader? output, PipeReader? error, int mostBytes, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Lane> open = [];
        if (output is not null) open.Add(new Lane(false, output.ReadLinesAsync(mostBytes, over.Token).GetAsyncEnumerator(over.Token)));
        if (error is not null) open.Add(new Lane(true, error.ReadLinesAsync(mostBytes, over.Token).GetAsyncEnumerator(over.Token)));
        SessionLostException? lost = null;
        try
        {
            while (open.Count > 0)
            {
                Task<bool> first = await Task.WhenAny(open.Select(static lane => lane.Next));
                Lane lane = open.Find(one => one.Next == first)!;
                open.Remove(lane);
                bool isThere = false;
                try
                {
                    isThere = await first;
                }
                catch (SessionLostException e)
                {
                    lost ??= e; // what the other output had brought before the loss is told first
                }

                if (!isThere) continue;
                (bool, string) line = (lane.IsError, lane.Lines.Current);
                lane.MoveOn();
                open.Add(lane); // behind the other one, so that an output that always has a line does not keep it from its turn
                yield return line;
            }
        }
        finally
        {
            await over.CancelAsync();
            foreach (Lane lane in open) await lane.EndAsync();
        }

        if (lost is not null) ExceptionDispatchInfo.Throw(lost);
    }

    /// <summary>One output, and the wait for its next line.</summary>
    sealed class Lane(bool isError, IAsyncEnumerator<string> lines)
    {
        internal bool IsError => isError;

        internal IAsyncEnumerator<string> Lines => lines;

        internal Task<bool> Next { get; private set; } = lines.MoveNextAsync().AsTask();

        internal void MoveOn() => Next = lines.MoveNextAsync().AsTask();

        /// <summary>
        /// Whoever has heard enough hears no more of it: what is left is dropped, and how the session ends is the exit's to say.
        /// </summary>
        internal async ValueTask EndAsync()
        {
            await Next.ContinueWith(static ended => ended.Exception, TaskScheduler.Default);
            await lines.DisposeAsync();
        }
    }
}
