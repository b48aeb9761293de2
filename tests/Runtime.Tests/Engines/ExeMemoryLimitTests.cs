using Weft.Runtime.Engines;
using Weft.Runtime.Wasmtime;

namespace Runtime.Tests.Engines;

public sealed class ExeMemoryLimitTests
{
    private static readonly byte[] Header = [0, (byte)'a', (byte)'s', (byte)'m', 1, 0, 0, 0];

    [Theory]
    // flags, minimum [, maximum]: what stands after, with a limit of 3 pages
    [InlineData(new byte[] { 0, 2 }, new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 1, 2, 2 }, new byte[] { 1, 2, 2 })]
    [InlineData(new byte[] { 1, 0, 0xFF, 0xFF, 3 }, new byte[] { 1, 0, 3 })]
    [InlineData(new byte[] { 4, 3 }, new byte[] { 5, 3, 3 })]
    public void A_memory_gets_the_limit_as_its_maximum(byte[] memory, byte[] expected)
    {
        byte[] custom = [0, 2, 1, (byte)'x'];
        byte[] code = [10, 1, 0];
        byte[] module = [.. Header, .. custom, 5, (byte)(memory.Length + 1), 1, .. memory, .. code];
        byte[] result = [.. Header, .. custom, 5, (byte)(expected.Length + 1), 1, .. expected, .. code];
        Assert.Equal(result, ExeMemoryLimit.Apply(module, 3 << 16));
    }

    [Fact]
    public void A_module_without_memory_stays_as_it_is() => Assert.Equal(Header, ExeMemoryLimit.Apply(Header, 1 << 20));

    [Theory]
    [InlineData(new byte[] { 5, 3, 1, 0, 4 }, "begins with 4 pages of 64 KiB, the limit is 3")]
    [InlineData(new byte[] { 5, 4, 1, 3, 1, 2 }, "shares its memory")]
    [InlineData(new byte[] { 5, 4, 1, 8, 1, 0 }, "has a form that Weft does not know")]
    [InlineData(new byte[] { 5, 100, 1, 0, 1 }, "a section is longer than the module")]
    [InlineData(new byte[] { 5, 4, 1, 0, 1, 9 }, "bytes left over")]
    [InlineData(new byte[] { 5, 2, 2, 0 }, "a number in it is none")]
    [InlineData(new byte[] { 5 }, "a number in it is none")]
    [InlineData(new byte[] { 5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1 }, "a number in it is none")]
    public void What_cannot_be_held_is_refused(byte[] sections, string message)
        => Assert.Contains(message, Assert.Throws<EngineException>(() => ExeMemoryLimit.Apply([.. Header, .. sections], 3 << 16)).Message, StringComparison.Ordinal);
}
