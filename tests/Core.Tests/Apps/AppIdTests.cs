using Weft.Core.Apps;
using Xunit;

namespace Weft.Core.Tests.Apps;

public sealed class AppIdTests
{
    [Theory]
    [InlineData("com.example.notes")]
    [InlineData("a.b.c")]
    [InlineData("a1.b2.c3.d4")]
    public void A_good_id_is_read_as_it_is(string text)
    {
        Assert.True(AppId.TryParse(text, out AppId id));
        Assert.Equal(text, id.Value);
        Assert.Equal(id, AppId.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("com.example")]
    [InlineData("com.example.")]
    [InlineData(".com.example.a")]
    [InlineData("com..example.a")]
    [InlineData("com.example.1a")]
    [InlineData("com.Example.a")]
    [InlineData("com.example.a-b")]
    [InlineData("-com.example.a")]
    [InlineData("com.example.a_b")]
    [InlineData("com.example.\u0430pp")]
    [InlineData("com.example.app\u202e")]
    [InlineData("com.example.a\u200bpp")]
    [InlineData("com.example.a\0")]
    [InlineData("com.example.a\n")]
    [InlineData("com.example/../x")]
    [InlineData("...")]
    [InlineData("com.example.\u0661")]
    public void Anything_else_is_no_id(string text) => Assert.False(AppId.TryParse(text, out _));

    [Fact]
    public void An_id_has_at_most_128_bytes()
    {
        string longest = "a.b." + new string('c', 124);
        Assert.True(AppId.TryParse(longest, out _));
        Assert.False(AppId.TryParse(longest + "c", out _));
        Assert.False(AppId.TryParse(null, out _));
    }

    [Fact]
    public void A_refusal_shows_what_cannot_be_seen()
    {
        FormatException e = Assert.Throws<FormatException>(() => AppId.Parse("com.example.a\u202epp"));
        Assert.StartsWith("'com.example.a\\u{202E}pp' is no app id: at least three labels", e.Message, StringComparison.Ordinal);
    }
}
