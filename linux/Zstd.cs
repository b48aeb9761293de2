using System.Runtime.InteropServices;

namespace Weft.Linux;

/// <summary>What was read is no zstd, is damaged or cut off, or wants more memory than a decoder here gives.</summary>
public sealed class ZstdException(string message) : IOException(message);

/// <summary>The calls of libzstd's streaming interface; the two streams beside it are what others use.</summary>
internal static unsafe partial class Zstd
{
    private const string Library = "libzstd.so.1";

    /// <summary>Largest window a frame may ask for: 2^27 bytes (128 MiB), libzstd's own default and all that `zstd --long` needs.</summary>
    public const int WindowLogLimit = 27;

    private const int ZSTD_d_windowLogMax = 100;
    private const int ZSTD_c_compressionLevel = 100;
    private const int ZSTD_c_checksumFlag = 201;

    public const int ZSTD_e_continue = 0;
    public const int ZSTD_e_end = 2;

    public static DecoderHandle NewDecoder()
    {
        DecoderHandle decoder = ZSTD_createDStream();
        if (decoder.IsInvalid)
        {
            throw new ZstdException("libzstd has no memory for a decoder");
        }

        Check(ZSTD_DCtx_setParameter(decoder, ZSTD_d_windowLogMax, WindowLogLimit));
        return decoder;
    }

    public static EncoderHandle NewEncoder(int level)
    {
        EncoderHandle encoder = ZSTD_createCStream();
        if (encoder.IsInvalid)
        {
            throw new ZstdException("libzstd has no memory for an encoder");
        }

        Check(ZSTD_CCtx_setParameter(encoder, ZSTD_c_compressionLevel, level));
        Check(ZSTD_CCtx_setParameter(encoder, ZSTD_c_checksumFlag, 1));
        return encoder;
    }

    /// <summary>One step: takes from <paramref name="input"/>, writes to <paramref name="output"/>. <c>hint</c> is 0 at the end of a frame.</summary>
    public static (int Taken, int Made, nuint Hint) Decode(DecoderHandle decoder, ReadOnlySpan<byte> input, Span<byte> output)
    {
        // Both buffers are pinned for the call; libzstd keeps no pointer into them.
        fixed (byte* source = input, target = output)
        {
            Buffer from = new() { Bytes = source, Size = (nuint)input.Length };
            Buffer to = new() { Bytes = target, Size = (nuint)output.Length };
            nuint hint = Check(ZSTD_decompressStream(decoder, &to, &from));
            return ((int)from.Position, (int)to.Position, hint);
        }
    }

    /// <summary>One step; with <see cref="ZSTD_e_end"/>, <c>Left</c> is 0 when the frame is written to its end.</summary>
    public static (int Taken, int Made, nuint Left) Encode(EncoderHandle encoder, ReadOnlySpan<byte> input, Span<byte> output, int directive)
    {
        // As in Decode.
        fixed (byte* source = input, target = output)
        {
            Buffer from = new() { Bytes = source, Size = (nuint)input.Length };
            Buffer to = new() { Bytes = target, Size = (nuint)output.Length };
            nuint left = Check(ZSTD_compressStream2(encoder, &to, &from, directive));
            return ((int)from.Position, (int)to.Position, left);
        }
    }

    private static nuint Check(nuint result) =>
        ZSTD_isError(result) == 0 ? result : throw new ZstdException($"zstd: {Marshal.PtrToStringUTF8(ZSTD_getErrorName(result))}");

    [LibraryImport(Library)]
    private static partial DecoderHandle ZSTD_createDStream();

    [LibraryImport(Library)]
    private static partial nuint ZSTD_freeDStream(nint decoder);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_DCtx_setParameter(DecoderHandle decoder, int parameter, int value);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompressStream(DecoderHandle decoder, Buffer* output, Buffer* input);

    [LibraryImport(Library)]
    private static partial EncoderHandle ZSTD_createCStream();

    [LibraryImport(Library)]
    private static partial nuint ZSTD_freeCStream(nint encoder);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_CCtx_setParameter(EncoderHandle encoder, int parameter, int value);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_compressStream2(EncoderHandle encoder, Buffer* output, Buffer* input, int directive);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint result);

    [LibraryImport(Library)]
    private static partial nint ZSTD_getErrorName(nuint result);

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer, which have the same layout.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public byte* Bytes;
        public nuint Size;
        public nuint Position;
    }

    internal sealed class DecoderHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            ZSTD_freeDStream(handle);
            return true;
        }
    }

    internal sealed class EncoderHandle() : SafeHandle(0, ownsHandle: true)
    {
        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            ZSTD_freeCStream(handle);
            return true;
        }
    }
}
