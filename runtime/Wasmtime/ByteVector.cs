using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Runtime.Wasmtime;

/// <summary><c>wasm_byte_vec_t</c>, which is also <c>wasm_name_t</c>: bytes that the library allocates and frees.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe partial struct ByteVector
{
    public nuint Size;
    public byte* Data;

    public readonly ReadOnlySpan<byte> Span => new(Data, checked((int)Size));

    public readonly string Text => Encoding.UTF8.GetString(Span);

    /// <summary>A copy in memory of the library's own, which whoever receives it frees.</summary>
    public static ByteVector Of(ReadOnlySpan<byte> bytes)
    {
        ByteVector made;

        // The library copies before the call returns.
        fixed (byte* first = bytes)
        {
            wasm_byte_vec_new(&made, (nuint)bytes.Length, first);
        }

        return made;
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{byte})"/>
    public static ByteVector Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    public void Delete()
    {
        fixed (ByteVector* self = &this)
        {
            wasm_byte_vec_delete(self);
        }
    }

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasm_byte_vec_new(ByteVector* made, nuint size, byte* bytes);

    [LibraryImport(EngineLibrary.Name)]
    private static partial void wasm_byte_vec_delete(ByteVector* vector);
}
