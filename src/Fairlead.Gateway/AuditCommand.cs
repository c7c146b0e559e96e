namespace Fairlead.Gateway;

/// <summary>What of a command the audit shows.</summary>
public enum AuditCommand
{
    /// <summary>The command's name alone: arguments often hold secrets.</summary>
    Name = 0,

    /// <summary>Everything, each argument quoted as a shell would need it.</summary>
    Full,

    /// <summary>The SHA-256 of everything.</summary>
    Hash,

    /// <summary>Nothing.</summary>
    None,
}
