namespace Weft.Core.Store;

/// <summary>Why a package or a store said no; each has its code in a reply (docs/protocol.md).</summary>
public enum PackageFault
{
    /// <summary>The package, archive, key or signature is malformed or breaks a rule: its author's mistake. 400.</summary>
    Invalid,

    /// <summary>More bytes, files or a higher compression than is taken. 413.</summary>
    TooLarge,

    /// <summary>No such app, folder, archive or older revision. 404.</summary>
    NotFound,

    /// <summary>No trusted key signed it, or what was signed has been changed. 403.</summary>
    Untrusted,

    /// <summary>The id belongs to another publisher. 403.</summary>
    OwnedByAnother,

    /// <summary>It declares capabilities that nobody approved. 403.</summary>
    NeedsApproval,

    /// <summary>The id is the system store's, data lies in two places, or something else stands in the way. 409.</summary>
    Conflict,

    /// <summary>Another process works in the store. 409; worth trying again.</summary>
    Busy,

    /// <summary>A record was written by a newer Weft, or is damaged; it is left untouched. 500.</summary>
    UnreadableRecord,

    /// <summary>The system refused a call: no space, no permission. 500.</summary>
    System,
}

/// <summary>A package, an archive or a store said no. The message names operation, object and remedy; callers act on <see cref="Fault"/>.</summary>
public sealed class PackageException : Exception
{
    public PackageException(PackageFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    public PackageFault Fault { get; }

    /// <summary>The code of the reply that tells a client so.</summary>
    public int Code => Fault switch
    {
        PackageFault.Invalid => 400,
        PackageFault.Untrusted or PackageFault.OwnedByAnother or PackageFault.NeedsApproval => 403,
        PackageFault.NotFound => 404,
        PackageFault.Conflict or PackageFault.Busy => 409,
        PackageFault.TooLarge => 413,
        _ => 500,
    };
}
