using System.Runtime.InteropServices;
using System.Text;
using Weft.Tests.Support;

namespace Runtime.Tests;

/// <summary>The text form of WebAssembly to its binary form, by the library under test (which has a reader for it that the product does not use).</summary>
internal static unsafe class WasmText
{
    /// <summary>The library of the tests.</summary>
    public static string Library => Environment.GetEnvironmentVariable("WEFT_WASMTIME_LIB") is { Length: > 0 } named
        ? named
        : Prerequisite.SharedFile("wasmtime/48.0.8/libwasmtime.so");

    /// <summary>Translates; the text must be right.</summary>
    public static byte[] ToBytes(string text)
    {
        nint library = NativeLibrary.Load(Library);
        var translate = (delegate* unmanaged[Cdecl]<byte*, nuint, Bytes*, nint>)NativeLibrary.GetExport(library, "wasmtime_wat2wasm");
        var message = (delegate* unmanaged[Cdecl]<nint, Bytes*, void>)NativeLibrary.GetExport(library, "wasmtime_error_message");
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Bytes made;
        fixed (byte* first = bytes)
        {
            nint error = translate(first, (nuint)bytes.Length, &made);
            if (error != 0)
            {
                message(error, &made);
                throw new ArgumentException(Encoding.UTF8.GetString(made.Data, (int)made.Size));
            }
        }

        // The copy the library made is left to the end of the test process.
        return new ReadOnlySpan<byte>(made.Data, (int)made.Size).ToArray();
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Bytes
    {
        public nuint Size;
        public byte* Data;
    }
}
