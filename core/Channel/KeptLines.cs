namespace Weft.Core.Channel;

/// <summary>A message that waits for its acknowledgement.</summary>
internal sealed class Kept(byte[] body, TaskCompletionSource<LinkOutcome>? outcome)
{
    /// <summary>Bytes that a kept message costs beside its text; without it a flood of tiny ones would keep far more than its limit.</summary>
    public const int Overhead = 128;

    public byte[] Body { get; } = body;

    public int Cost => Body.Length + Overhead;

    /// <summary>0 until it is numbered.</summary>
    public ulong Number { get; set; }

    /// <summary>Who waits for it; null: nobody.</summary>
    public TaskCompletionSource<LinkOutcome>? Outcome { get; } = outcome;
}

/// <summary>A queue that can be read at any place: a connection sends from its middle while the front waits for acknowledgement.</summary>
internal sealed class KeptLines
{
    private readonly List<Kept?> _lines = [];
    private int _first;

    public int Count => _lines.Count - _first;

    public Kept this[int index] => _lines[_first + index]!;

    public void Add(Kept kept) => _lines.Add(kept);

    public Kept RemoveFirst()
    {
        Kept first = _lines[_first]!;
        _lines[_first++] = null;
        if (_first == _lines.Count)
        {
            _lines.Clear();
            _first = 0;
        }
        else if (_first >= 32 && _first > _lines.Count / 2)
        {
            _lines.RemoveRange(0, _first);
            _first = 0;
        }

        return first;
    }
}
