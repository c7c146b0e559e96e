using Fairlead.Streaming.Resumption;
using Fairlead.Streaming.Resumption.Answering;

namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>A connection of the model: what is on its way in each direction, and which side still holds it.</summary>
sealed class ModelCarrier
{
    internal ModelCarrier(int number) => (Number, ClientEnd, ServerEnd) = (number, new End(this), new End(this));

    internal int Number { get; }

    internal Queue<byte[]> ToServer { get; } = new();

    internal Queue<byte[]> ToClient { get; } = new();

    internal End ClientEnd { get; }

    internal End ServerEnd { get; }

    internal bool ClientHolds { get; set; } = true;

    internal bool ServerHolds { get; set; } = true;

    internal bool HasAsked { get; set; }

    internal bool ServerAnswered { get; set; }

    internal bool ClientOpened { get; set; }

    /// <summary>At the server.</summary>
    internal KeptSession? Session { get; set; }

    internal sealed class End(ModelCarrier carrier) : ISessionLink
    {
        internal bool IsQueued { get; set; }

        internal bool IsCut { get; private set; }

        public TimeSpan SilentFor => TimeSpan.Zero;

        public void Queue() => IsQueued = true;

        public void Ping() => throw new InvalidOperationException($"carrier {carrier.Number} was pinged, although it was never silent");

        public void Cut(SessionLostException reason) => IsCut = true;
    }
}
