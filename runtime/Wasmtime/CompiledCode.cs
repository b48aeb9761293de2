using System.Buffers.Binary;
using System.Globalization;
using Weft.Linux;

namespace Weft.Runtime.Wasmtime;

/// <summary>
/// What compiled code says of itself: an ELF file whose section <c>.wasmtime.engine</c> begins with the version of the engine that wrote it,
/// and whose flags tell a module from a component. The library exports no version function, and takes no code of another version, so this
/// is how its major version is learned before any call whose layout could differ (facts of libwasmtime 48 and 50).
/// </summary>
/// <param name="Version">Version of the engine that compiled it, as far as that tells it (the major).</param>
/// <param name="IsComponent">True for a component.</param>
internal sealed record CompiledCode(string Version, bool IsComponent)
{
    private const int HeaderSize = 64;
    private const int SectionSize = 64;
    private const int MaximumSections = 64;
    private const byte WasmtimeAbi = 200;

    /// <summary>The number before the first dot of <see cref="Version"/>.</summary>
    public int Major { get; } = int.Parse(Version.AsSpan(0, Version.IndexOf('.') is var dot && dot < 0 ? Version.Length : dot), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Reads the facts of a file.</summary>
    /// <exception cref="EngineException">It is no compiled code.</exception>
    public static CompiledCode Read(int descriptor) => Read((buffer, offset) => RawDescriptors.ReadAt(descriptor, buffer, offset));

    /// <summary>Reads the facts of code in memory.</summary>
    /// <exception cref="EngineException">It is no compiled code.</exception>
    public static unsafe CompiledCode Read(ReadOnlySpan<byte> code)
    {
        // The span stays pinned while the reader below uses the pointer.
        fixed (byte* first = code)
        {
            byte* start = first;
            int length = code.Length;
            return Read((buffer, offset) =>
            {
                if (offset < 0 || offset >= length)
                {
                    return 0;
                }

                int count = (int)Math.Min(buffer.Length, length - offset);
                new ReadOnlySpan<byte>(start + offset, count).CopyTo(buffer);
                return count;
            });
        }
    }

    private static CompiledCode Read(PartReader read)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        if (read(header, 0) != HeaderSize || !header[..4].SequenceEqual("\u007fELF"u8) || header[7] != WasmtimeAbi)
        {
            throw Bad("not written by Wasmtime");
        }

        long table = BinaryPrimitives.ReadInt64LittleEndian(header[40..]);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(header[48..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[60..]);
        int names = BinaryPrimitives.ReadUInt16LittleEndian(header[62..]);
        if (count is 0 or > MaximumSections || names >= count)
        {
            throw Bad("damaged section table");
        }

        Span<byte> sections = stackalloc byte[MaximumSections * SectionSize];
        sections = sections[..(count * SectionSize)];
        if (read(sections, table) != sections.Length)
        {
            throw Bad("cut off");
        }

        long nameTable = BinaryPrimitives.ReadInt64LittleEndian(sections[((names * SectionSize) + 24)..]);
        ReadOnlySpan<byte> wanted = ".wasmtime.engine\0"u8;
        Span<byte> name = stackalloc byte[wanted.Length];
        Span<byte> content = stackalloc byte[64];
        for (int i = 0; i < count; i++)
        {
            Span<byte> section = sections.Slice(i * SectionSize, SectionSize);
            long nameOffset = nameTable + BinaryPrimitives.ReadUInt32LittleEndian(section);
            if (read(name, nameOffset) != name.Length || !name.SequenceEqual(wanted))
            {
                continue;
            }

            int got = read(content, BinaryPrimitives.ReadInt64LittleEndian(section[24..]));

            // One byte for the form of what follows, one for the length of the version's text, then that text.
            if (got < 3 || content[0] != 0 || content[1] is 0 or > 32 || content[1] + 2 > got || !char.IsAsciiDigit((char)content[2]))
            {
                throw Bad("unknown form of its engine section");
            }

            Span<char> text = stackalloc char[content[1]];
            for (int c = 0; c < text.Length; c++)
            {
                char character = (char)content[2 + c];
                if (!char.IsAsciiDigit(character) && character != '.')
                {
                    text = text[..c];
                    break;
                }

                text[c] = character;
            }

            const uint Component = 2;
            return new CompiledCode(text.ToString(), (flags & Component) != 0);
        }

        throw Bad("no engine section");
    }

    private static EngineException Bad(string why) => new(EngineFailure.Code, $"compiled code: {why}; compile the module again");

    private delegate int PartReader(Span<byte> buffer, long offset);
}
