namespace Fairlead.Upgrades.Endpoints;

/// <summary>
/// Sends by the handler of the moment. A former one ends with its last request's answer; connections that were upgraded go on.
/// </summary>
sealed class RenewableHandler(HttpMessageHandler first) : HttpMessageHandler
{
    Lease _current = new(first);

    /// <summary>Takes another from here on; it is then this one's to dispose.</summary>
    public void Replace(HttpMessageHandler handler) => Interlocked.Exchange(ref _current, new Lease(handler)).Leave();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Lease lease;
        do lease = Volatile.Read(ref _current);
        while (!lease.TryEnter()); // replaced in between: there is another one already
        try
        {
            return await lease.Invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lease.Leave();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) Volatile.Read(ref _current).Invoker.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// A handler with the count of those who need it: the requests that are being answered, and one for being the current.
    /// </summary>
    sealed class Lease(HttpMessageHandler handler)
    {
        int _users = 1;

        public HttpMessageInvoker Invoker { get; } = new(handler);

        public bool TryEnter()
        {
            for (int users = Volatile.Read(ref _users); users > 0;)
            {
                int before = Interlocked.CompareExchange(ref _users, users + 1, users);
                if (before == users) return true;
                users = before;
            }

            return false;
        }

        public void Leave()
        {
            if (Interlocked.Decrement(ref _users) == 0) Invoker.Dispose();
        }
    }
}
