using System.Text;
using Weft.Runtime.Wasmtime;
using Xunit;

namespace Runtime.Tests.Wasmtime;

public sealed class EngineLayoutTests
{
    [Theory]
    [InlineData(48, 24)]
    [InlineData(50, 32)]
    public void Tested_versions_have_the_sizes_of_their_headers(int major, int size) =>
        Assert.Equal((size, true), (EngineLayout.For(major, "lib", allowUntested: false).ComponentFunctionSize, EngineLayout.For(major, "lib", allowUntested: false).Tested));

    [Fact]
    public void Another_version_is_refused_by_name()
    {
        var refused = Assert.Throws<EngineException>(() => EngineLayout.For(49, "/lib/libwasmtime.so", allowUntested: false));
        Assert.Equal(EngineFailure.Untested, refused.Failure);
        Assert.Equal("engine /lib/libwasmtime.so is Wasmtime 49, which Weft was not tested with (tested: 48, 50); name another library in WEFT_WASMTIME_LIB, or set WEFT_ENGINE_ALLOW_UNTESTED=1 to use it all the same", refused.Message);
    }

    [Fact]
    public void An_operator_who_insists_gets_it_with_room_to_spare() =>
        Assert.True(EngineLayout.For(60, "lib", allowUntested: true) is { Tested: false, ComponentFunctionSize: >= 64 });

    [Theory]
    [InlineData("")]
    [InlineData("no ELF at all, and longer than the sixty-four bytes that a header of one has")]
    public void What_is_no_compiled_code_is_said_to_be_none(string content)
    {
        var refused = Assert.Throws<EngineException>(() => CompiledCode.Read(Encoding.ASCII.GetBytes(content)));
        Assert.Equal(EngineFailure.Code, refused.Failure);
    }

    [Fact]
    public void A_damaged_section_table_is_an_error_and_no_crash()
    {
        byte[] code = new byte[200];
        "\u007fELF"u8.CopyTo(code);
        code[7] = 200;
        var random = new Random(7);
        for (int i = 0; i < 10_000; i++)
        {
            random.NextBytes(code.AsSpan(8));
            Assert.Throws<EngineException>(() => CompiledCode.Read(code));
        }
    }
}
