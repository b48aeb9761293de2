using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Weft.Tests.Support;

namespace Weft.Process.Tests;

/// <summary>A bundle of a good package, but for one thing.</summary>
internal static class HostileArchive
{
    public static async Task WriteAsync(string file, string malformation, string id, string good)
    {
        if (malformation is "no archive" or "empty")
        {
            await File.WriteAllTextAsync(file, malformation == "empty" ? "" : "this is no archive\n");
            return;
        }

        await using (var gzip = new GZipStream(File.Create(file), CompressionLevel.Fastest))
        await using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, id + "/"));
            byte[] manifest = Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(Path.Combine(good, "wapp.toml"))).Replace(Guests.Id("exits_zero"), id, StringComparison.Ordinal));
            await AddAsync($"{id}/wapp.toml", manifest);
            await AddAsync($"{id}/app.wasm", await File.ReadAllBytesAsync(Path.Combine(good, "app.wasm")));
            switch (malformation)
            {
                case "absolute path": await AddAsync("/weft-escaped", "x"u8.ToArray()); break;
                case "dots": await AddAsync($"{id}/../../../weft-escaped", "x"u8.ToArray()); break;
                case "two roots": await AddAsync("org.weft.test.other/wapp.toml", manifest); break;
                case "link": await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, $"{id}/link") { LinkName = "/etc/passwd" }); break;
                case "hard link": await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.HardLink, $"{id}/link") { LinkName = $"{id}/app.wasm" }); break;
                case "device": await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.CharacterDevice, $"{id}/zero") { DeviceMajor = 1, DeviceMinor = 5 }); break;
                case "the same name twice": await AddAsync($"{id}/wapp.toml", manifest); break;
                case "name with a newline": await AddAsync($"{id}/two\nlines", "x"u8.ToArray()); break;
                case "a bomb":
                    await using (var zeros = new ZeroStream(1100L << 20))
                    {
                        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, $"{id}/zeros") { DataStream = zeros });
                    }

                    break;
                case "20,000 entries":
                    for (int i = 0; i < 20_000; i++)
                    {
                        await AddAsync($"{id}/{i}", []);
                    }

                    break;
                case "gzip cut off": break;
                default: throw new ArgumentOutOfRangeException(nameof(malformation), malformation, null);
            }

            async Task AddAsync(string name, byte[] bytes)
            {
                using var data = new MemoryStream(bytes);
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data });
            }
        }

        if (malformation == "gzip cut off")
        {
            byte[] whole = await File.ReadAllBytesAsync(file);
            await File.WriteAllBytesAsync(file, whole[..(whole.Length / 2)]);
        }
    }

    /// <summary>So many zeros.</summary>
    private sealed class ZeroStream(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int n = (int)Math.Min(count, length - Position);
            Array.Clear(buffer, offset, n);
            Position += n;
            return n;
        }

        public override long Seek(long offset, SeekOrigin origin) => Position = origin == SeekOrigin.Begin ? offset : origin == SeekOrigin.Current ? Position + offset : length + offset;

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
