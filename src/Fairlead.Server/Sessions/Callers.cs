namespace Fairlead.Server.Sessions;

/// <summary>What a server knows of those who ask it for sessions that outlive their connections.</summary>
enum Callers
{
    /// <summary>Each by a name: a session is resumed by nobody else, and limits hold for each.</summary>
    Known = 0,

    /// <summary>They look alike, as to a node behind an API server: the secret alone tells them apart.</summary>
    Alike,

    /// <summary>What they ask by is good once: no session outlives its connection.</summary>
    OnceOnly,
}
