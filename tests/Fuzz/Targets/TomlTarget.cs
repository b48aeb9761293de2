using System.Text;
using Weft.Core.Toml;

namespace Weft.Fuzz.Targets;

/// <summary>TOML as it comes in packages and settings.</summary>
internal sealed class TomlTarget : IFuzzTarget
{
    private static readonly string[] Texts =
    [
        "a = 1\n[t]\nb.c = \"x\\u00e9\"\n[[l]]\nd = [1, 2.5e3, true, [\n'x', # c\n]]\n",
        "s = \"\"\"\\\n  x\"\"\"\nl = '''\nx'''\ni = {a.b = 1, c = {}}\n",
        "d = 1979-05-27T07:32:00.999Z\ne = 07:32:00\nf = 1979-05-27 07:32:00+09:30\ng = 0xdead_beef\nh = -inf\n",
        "[a.b]\n[a]\n[a.c.d]\n[[a.e]]\n[a.e.f]\n\"q.r\" = 0b1\n",
    ];

    public string Name => "toml";

    public IEnumerable<byte[]> Seeds => Texts.Select(Encoding.UTF8.GetBytes);

    public IEnumerable<byte[]> Words => ((string[])["[[", "]]", "\"\"\"", "'''", "{a=", "a.a.a.", "\\U0010FFFF", "1979-05-27", "07:32:00", "0x", "e+9", "\r\n", "\ufeff", "# ", "_"]).Select(Encoding.UTF8.GetBytes);

    public void Run(ReadOnlySpan<byte> input)
    {
        TomlDocument document = TomlReader.Read(input);
        int lines = input.Count((byte)'\n') + 1;
        foreach (TomlError error in document.Errors)
        {
            if (error.Position.Line < 1 || error.Position.Line > lines || error.Position.Column < 1)
            {
                throw new FuzzFindingException($"a mistake outside of the {lines} lines: {error}");
            }
        }

        Check(document.Root, lines, depth: 0);
    }

    private static void Check(TomlValue value, int lines, int depth)
    {
        if (value.Position.Line < 1 || value.Position.Line > lines || depth > 2 * TomlLimits.Default.Depth)
        {
            throw new FuzzFindingException($"{value.Kind} at {value.Position}, {depth} levels deep");
        }

        foreach (TomlEntry entry in (value as TomlTable)?.Entries ?? [])
        {
            Check(entry.Value, lines, depth + 1);
        }

        foreach (TomlValue item in (value as TomlArray)?.Items ?? [])
        {
            Check(item, lines, depth + 1);
        }
    }
}
