namespace Fairlead.HostProcesses.Trees;

/// <summary>
/// Looks through this machine's processes for all who ask, on a thread of its own that lives as long as somebody asks: those who ask
/// during a walk share the next one. So a thousand commands that are lost at once take a few walks, and nobody else's work waits for them.
/// </summary>
/// <param name="read">Makes the table of a walk: of processes that are not older than this, at this pace.</param>
public sealed class ProcessWalk(Func<ulong, WalkPace, ProcessTable> read)
{
    readonly Lock _lock = new();
    List<Question> _asked = [];
    bool _walking;

    /// <summary>The walk through this machine's /proc.</summary>
    public static ProcessWalk System { get; } = new(ProcessTable.Read);

    /// <summary>Has the caller look at a table whose walk began after this call.</summary>
    /// <param name="since">Processes that are older need not be in it.</param>
    /// <param name="look">Called on the walk's thread: it must not wait for anything.</param>
    public Task<T> AskAsync<T>(ulong since, Func<ProcessTable, T> look)
    {
        Question<T> question = new(since, look);
        lock (_lock)
        {
            _asked.Add(question);
            if (_walking) return question.Answer;
            _walking = true;
        }

        try
        {
            new Thread(Walk) { IsBackground = true, Name = "process search" }.Start();
        }
        catch (Exception failure)
        {
            // the machine has no thread to give; the next question tries again
            foreach (Question unanswered in Take(isLast: true)) unanswered.Fail(failure);
        }

        return question.Answer;
    }

    /// <summary>Takes what was asked. Where that is nothing, or nobody walks, the next who asks begins a walk.</summary>
    List<Question> Take(bool isLast)
    {
        lock (_lock)
        {
            (List<Question> asked, _asked) = (_asked, []);
            _walking = asked.Count > 0 && !isLast;
            return asked;
        }
    }

    void Walk()
    {
        while (true)
        {
            List<Question> asked = Take(isLast: false);
            if (asked.Count == 0) return;
            WalkPace pace = new();
            ProcessTable table;
            try
            {
                table = read(asked.Min(question => question.Since), pace);
            }
            catch (Exception e)
            {
                asked.ForEach(question => question.Fail(e)); // whoever asked decides what that means
                continue;
            }

            foreach (Question question in asked)
            {
                question.LookAt(table);
                pace.Keep();
            }
        }
    }

    /// <summary>What somebody wants to know.</summary>
    abstract class Question(ulong since)
    {
        internal ulong Since { get; } = since;

        internal abstract void LookAt(ProcessTable table);

        internal abstract void Fail(Exception reason);
    }

    sealed class Question<T>(ulong since, Func<ProcessTable, T> look) : Question(since)
    {
        readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<T> Answer => _answer.Task;

        internal override void LookAt(ProcessTable table)
        {
            try
            {
                _answer.SetResult(look(table));
            }
            catch (Exception e)
            {
                _answer.SetException(e);
            }
        }

        internal override void Fail(Exception reason) => _answer.SetException(reason);
    }
}
