using System.Collections;

namespace Weft.Core.Apps;

/// <summary>The capabilities of one app, each once, in the order in which they were declared.</summary>
public sealed class CapabilitySet : IReadOnlyList<Capability>, IEquatable<CapabilitySet>
{
    private readonly List<Capability> _items = [];

    /// <summary>Builds a set; what is named twice counts once.</summary>
    public CapabilitySet(IEnumerable<Capability> capabilities)
    {
        var seen = new HashSet<Capability>();
        foreach (Capability capability in capabilities)
        {
            if (seen.Add(capability))
            {
                _items.Add(capability);
            }
        }
    }

    /// <summary>No capability at all.</summary>
    public static CapabilitySet Empty { get; } = new([]);

    public int Count => _items.Count;

    public Capability this[int index] => _items[index];

    /// <summary>Builds a set from texts that are known to be capabilities.</summary>
    /// <exception cref="FormatException">One of them is none.</exception>
    public static CapabilitySet Parse(IEnumerable<string> texts) => new(texts.Select(Capability.Parse));

    /// <summary>The canonical texts, in order.</summary>
    public IReadOnlyList<string> Texts() => _items.ConvertAll(static c => c.Text);

    /// <summary>True where one of these gives all that <paramref name="capability"/> gives.</summary>
    public bool Covers(Capability capability) => _items.Exists(held => held.Covers(capability));

    /// <summary>What of these <paramref name="approved"/> does not cover: what a person still has to agree to.</summary>
    public CapabilitySet Beyond(CapabilitySet approved) => new(_items.Where(c => !approved.Covers(c)));

    /// <summary>True where the kind is held at all.</summary>
    public bool Has(CapabilityKind kind) => _items.Exists(c => c.Kind == kind);

    /// <summary>The widest access to that folder, or null where none is granted.</summary>
    public FolderAccess? Access(CapabilityKind folder)
    {
        FolderAccess? widest = null;
        foreach (Capability capability in _items)
        {
            if (capability.Kind == folder && (widest is null || capability.Access == FolderAccess.ReadWrite))
            {
                widest = capability.Access;
            }
        }

        return widest;
    }

    /// <summary>True where a grant names that host and port; says nothing about forbidden addresses.</summary>
    public bool AllowsFetch(string host, int port) => _items.Exists(c => c.AllowsFetch(host, port));

    /// <summary>True where private, loopback and link-local addresses are granted besides.</summary>
    public bool AllowsLocalAddresses => Has(CapabilityKind.NetFetchLocal);

    public IEnumerator<Capability> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Equal where both hold the same, in whatever order.</summary>
    public bool Equals(CapabilitySet? other) => other is not null && Count == other.Count && _items.TrueForAll(other._items.Contains);

    public override bool Equals(object? obj) => Equals(obj as CapabilitySet);

    public override int GetHashCode() => _items.Aggregate(0, static (hash, c) => hash ^ c.GetHashCode());

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _items);
}
