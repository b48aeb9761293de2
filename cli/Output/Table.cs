using Weft.Core.Apps;

namespace Weft.Cli.Output;

/// <summary>Aligned columns of text, for people and for cut(1) alike.</summary>
internal sealed class Table(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row; foreign text is made safe to show.</summary>
    public void Add(params string?[] cells) => _rows.Add(Array.ConvertAll(cells, static c => string.IsNullOrEmpty(c) ? "-" : Printable.Quote(c)));

    public void Write(TextWriter to)
    {
        int[] widths = Array.ConvertAll(headings, static h => h.Length);
        foreach (string[] row in _rows)
        {
            for (int i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], row[i].Length);
            }
        }

        WriteRow(to, headings, widths);
        foreach (string[] row in _rows)
        {
            WriteRow(to, row, widths);
        }
    }

    private static void WriteRow(TextWriter to, string[] row, int[] widths)
    {
        for (int i = 0; i < row.Length; i++)
        {
            bool last = i == row.Length - 1;
            to.Write(last ? row[i] : row[i].PadRight(widths[i] + 2));
        }

        to.WriteLine();
    }
}
