namespace Fairlead.Streaming.Spdy;

/// <summary>What a connection does with the streams that its peer opens. Called by the read loop: it must not wait.</summary>
interface ISpdyAcceptor
{
    /// <summary>A stream whose reply is on its way. Takes it, or has it discard what comes.</summary>
    /// <returns>False to reset it: it should not have been opened.</returns>
    bool Accept(SpdyStream stream);

    /// <summary>The peer will open no more.</summary>
    void OnGoAway()
    {
    }
}
