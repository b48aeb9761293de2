using System.Diagnostics;
using System.Text;
using Weft.Core.Toml;
using Xunit;

namespace Weft.Core.Tests.Toml;

public sealed class TomlReaderTests
{
    [Theory]
    [InlineData("a = 1\nb = \n", "line 2, column 5: the line ends where a value is expected")]
    [InlineData("a = 1\n  a = 2\n", "line 2, column 3: 'a' is there already since line 1")]
    [InlineData("[t]\nx = \"abc\n", "line 2, column 5: the string is not closed on its line")]
    [InlineData("x = '''abc\n\n", "line 1, column 5: the string of several lines is not closed")]
    [InlineData("x = 1 2", "line 1, column 7: '2' where the line should end")]
    [InlineData("x = yes", "line 1, column 5: 'yes' is no value: strings stand in quotes")]
    [InlineData("x = 9223372036854775808", "line 1, column 5: the integer does not fit into 64 bits")]
    [InlineData("x = \"\\q\"", "line 1, column 6: unknown escape '\\' and 'q'")]
    [InlineData("x = \"\\ud800\"", "line 1, column 6: an escape needs 4 hexadecimal digits of a Unicode character")]
    [InlineData("x = [1,\n2\n", "line 1, column 5: the array is not closed")]
    [InlineData("a.b = 1\n[a]\n", "line 2, column 2: 'a' is there already, as a table of dotted keys since line 1")]
    [InlineData("a = {b = 1}\n[a.c]\n", "line 2, column 2: 'a' is a closed table in braces since line 1 and cannot be extended")]
    [InlineData("x = 2024-02-30", "line 1, column 5: there is no day 2024-02-30")]
    [InlineData("# a\u0000b", "line 1, column 4: control character U+0000 in a comment")]
    [InlineData("\u202Ex = 1", "line 1, column 1: '\\u{202E}' where a key is expected: keys are letters, digits, - and _, or in quotes")]
    public void A_mistake_is_said_with_its_place(string text, string expected)
    {
        TomlException e = Assert.Throws<TomlException>(() => TomlReader.Parse(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(expected, e.Message);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused_with_their_place()
    {
        TomlException e = Assert.Throws<TomlException>(() => TomlReader.Parse([(byte)'a', (byte)'\n', (byte)'#', 0xFF]));
        Assert.Equal("line 2, column 2: byte 0xFF is not UTF-8", e.Message);
    }

    [Fact]
    public void Reading_goes_on_after_a_mistake_within_one_line()
    {
        TomlDocument document = TomlReader.Read("a = yes\nb = 1\nb = 2\n[t]\n[t]\nc = 1\n[u]\nd = 012\ne = 3\n"u8);
        Assert.Equal([1, 3, 5, 8], document.Errors.Select(static e => e.Position.Line));
        Assert.True(document.Root.TryGet("u", out TomlEntry? u));
        Assert.True(((TomlTable)u.Value).TryGet("e", out _));
    }

    [Fact]
    public void Reading_ends_after_a_mistake_inside_a_value_of_several_lines()
    {
        TomlDocument document = TomlReader.Read("a = [\n 1,\n yes,\n]\nb = no\n"u8);
        Assert.Equal("line 3, column 2: 'yes' is no value: strings stand in quotes", Assert.Single(document.Errors).ToString());
    }

    [Fact]
    public void The_list_of_mistakes_is_bounded()
    {
        TomlDocument document = TomlReader.Read(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("x = yes\n", 1000))));
        Assert.Equal(20, document.Errors.Count);
    }

    [Fact]
    public void Keys_keep_their_places()
    {
        TomlTable root = TomlReader.Parse("\n[a]\n  b.c = [ 1,\n    'x' ]\n"u8);
        Assert.True(root.TryGet("a", out TomlEntry? a));
        Assert.Equal(new TomlPosition(2, 2), a.KeyPosition);
        Assert.True(((TomlTable)a.Value).TryGet("b", out TomlEntry? b));
        Assert.Equal(new TomlPosition(3, 3), b.KeyPosition);
        Assert.True(((TomlTable)b.Value).TryGet("c", out TomlEntry? c));
        Assert.Equal(new TomlPosition(3, 5), c.KeyPosition);
        Assert.Equal(new TomlPosition(4, 5), ((TomlArray)c.Value).Items[1].Position);
    }

    public static TheoryData<string, string> Floods() => new()
    {
        { "arrays", "\nx = " + new string('[', 100_000) },
        { "closed arrays", "\nx = " + new string('[', 100_000) + new string(']', 100_000) },
        { "inline tables", "\nx = " + string.Concat(Enumerable.Repeat("{a=", 100_000)) },
        { "dotted keys", "\n" + string.Concat(Enumerable.Repeat("a.", 100_000)) + "a = 1" },
        { "dotted header", "\n[" + string.Concat(Enumerable.Repeat("a.", 100_000)) + "a]" },
        { "array header", "\n[[" + string.Concat(Enumerable.Repeat("a.", 100_000)) + "a]]" },
        { "header, then key", "\n" + string.Concat(Enumerable.Range(0, 60).Select(static i => $"[{string.Concat(Enumerable.Repeat("a.", i))}a]\n")) + "\nb.b.b.b.b=1" },
        { "mixed", "\nx = " + string.Concat(Enumerable.Repeat("[{a=", 50_000)) },
        { "number", "\nx = " + new string('1', 500_000) },
        { "fraction", "\nx = 00:00:00." + new string('1', 500_000) },
        { "open string", "\nx = \"" + new string('1', 500_000) },
        { "quotes", "\nx = '''" + new string('\'', 500_000) },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public void Floods_are_refused_with_their_line_and_at_once(string what, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        TomlReader.Read("warm = [{ up.x = '''1''' }]"u8);
        long start = Stopwatch.GetTimestamp();
        TomlDocument document = TomlReader.Read(bytes);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        TomlError error = document.Errors[0];
        Assert.True(error.Position.Line >= 2, what);
        // A bound wide enough for a busy machine; quadratic work on these texts takes seconds.
        Assert.True(took < TimeSpan.FromMilliseconds(500), $"{what}: {took}");
    }

    [Fact]
    public void A_flood_of_comments_and_of_keys_is_read_in_linear_time()
    {
        var text = new StringBuilder();
        for (int i = 0; i < 60_000; i++)
        {
            text.Append("#\n");
        }

        for (int i = 0; i < 60_000; i++)
        {
            text.Append('k').Append(i).Append("=1\n");
        }

        Assert.Empty(TomlReader.Read(Encoding.UTF8.GetBytes(text.ToString())).Errors);
    }

    [Fact]
    public void A_file_above_the_limit_is_refused_unread()
    {
        TomlException e = Assert.Throws<TomlException>(() => TomlReader.Parse(new byte[100], new TomlLimits { Bytes = 99 }));
        Assert.Equal("line 1, column 1: the file has 100 bytes; at most 99 are read", e.Message);
    }

    [Fact]
    public void Sixty_four_levels_are_read_and_one_more_is_not()
    {
        static byte[] Nested(int levels) => Encoding.UTF8.GetBytes("x = " + new string('[', levels) + new string(']', levels));
        Assert.Empty(TomlReader.Read(Nested(64)).Errors);
        Assert.Contains("more than 64 levels", TomlReader.Read(Nested(65)).Errors[0].Message, StringComparison.Ordinal);
    }
}
