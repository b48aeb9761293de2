using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.Extensions.Logging;
using Weft.Linux;

namespace Weft.Appd.State;

/// <summary>
/// One state file: a first line <c>{"format":1,"crc32c":"…"}</c>, then the content as JSON. The check finds a cut-off or
/// rotten file; a newer format is refused untouched, so that a downgrade harms nothing.
/// </summary>
internal static partial class RecordFile
{
    public const int Format = 1;

    /// <summary>Far above what 200 ends and 4,096 requests need; a larger file is damaged.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    private const int LongestHead = 64;

    public static byte[] Write<T>(T content, JsonTypeInfo<T> type) => Write(content, type, new ArrayBufferWriter<byte>()).ToArray();

    /// <summary>As the other, into a buffer that is used again: two hundred ends are written often, and each time large objects would be left behind.</summary>
    /// <returns>The file, valid until the buffer is used again.</returns>
    public static ReadOnlySpan<byte> Write<T>(T content, JsonTypeInfo<T> type, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        int head = WriteHead(buffer.GetSpan(LongestHead), 0);
        buffer.Advance(head);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            JsonSerializer.Serialize(writer, content, type);
        }

        // The head has one length whatever the check is: now that the content stands, its own is put in.
        Span<byte> file = MemoryMarshal.AsMemory(buffer.WrittenMemory).Span;
        WriteHead(file, Checksum(file[head..]));
        return file;
    }

    private static int WriteHead(Span<byte> into, uint check)
    {
        Utf8.TryWrite(into, CultureInfo.InvariantCulture, $"{{\"format\":{Format},\"crc32c\":\"{check:x8}\"}}\n", out int length);
        return length;
    }

    /// <exception cref="DamagedRecordException">cut off, changed, or no record at all</exception>
    /// <exception cref="StartRefusedException">written by a newer release</exception>
    public static T Read<T>(string path, ReadOnlySpan<byte> file, JsonTypeInfo<T> type)
        where T : class
    {
        int end = file.IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new DamagedRecordException(path, "its first line is missing");
        }

        RecordHead? head;
        try
        {
            head = JsonSerializer.Deserialize(file[..end], StateJson.Default.RecordHead);
        }
        catch (JsonException)
        {
            throw new DamagedRecordException(path, "its first line is no header");
        }

        if (head?.Format > Format)
        {
            throw new StartRefusedException(
                StartRefusedException.Misconfigured,
                $"read {path}: it has format {head.Format}, this weft-appd knows up to {Format}; start the newer weft-appd that wrote it, or move the file away");
        }

        ReadOnlySpan<byte> body = file[(end + 1)..];
        if (head is null || head.Format < 1 || head.Crc32c != Checksum(body).ToString("x8", CultureInfo.InvariantCulture))
        {
            throw new DamagedRecordException(path, "its checksum does not match");
        }

        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new DamagedRecordException(path, "it holds null");
        }
        catch (JsonException e)
        {
            throw new DamagedRecordException(path, e.Message);
        }
    }

    /// <summary>
    /// Reads the file at <paramref name="path"/>; null where there is none. A damaged one is set aside under a name with the
    /// date, said loudly, and counts as none.
    /// </summary>
    /// <exception cref="StartRefusedException">written by a newer release; it stays untouched</exception>
    public static T? ReadOrSetAside<T>(string path, JsonTypeInfo<T> type, TimeProvider time, ILogger logger)
        where T : class
    {
        if (Files.TryStat(path, followLink: false) is null)
        {
            return null;
        }

        try
        {
            byte[] file;
            try
            {
                file = Files.ReadAll(path, MaxBytes);
            }
            catch (LinuxException e) when (e.Errno is Errno.EFBIG or Errno.EISDIR)
            {
                throw new DamagedRecordException(path, e.Message);
            }

            return Read(path, file, type);
        }
        catch (DamagedRecordException e)
        {
            string aside = string.Create(CultureInfo.InvariantCulture, $"{path}.damaged-{time.GetUtcNow():yyyyMMdd-HHmmss-fff}");
            Files.Rename(path, aside);
            Log.Damaged(logger, e.Message, aside);
            return null;
        }
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }

    // Event ids 1000 to 1049 belong to the state root.
    private static partial class Log
    {
        [LoggerMessage(1000, LogLevel.Error, "DAMAGED STATE: {Problem}; the file was kept as {Aside}, and the daemon goes on without what it held")]
        public static partial void Damaged(ILogger logger, string problem, string aside);
    }
}

/// <summary>The first line of a state file.</summary>
internal sealed record RecordHead
{
    public int Format { get; init; }

    public string? Crc32c { get; init; }
}

/// <summary>A state file that cannot be believed; its owner sets it aside, says so and starts empty.</summary>
internal sealed class DamagedRecordException(string path, string what) : Exception($"read {path}: {what}");
